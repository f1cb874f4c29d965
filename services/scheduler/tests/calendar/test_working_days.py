"""Working days, and where deadlines and reminders fall on them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.deadlines.calendar import CityDays, Roll, UnusableCalendar, WorkingCalendar, load_days
from duban_contracts.testing.calendar import ZONE, june, local
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.builders import WEEKENDS_ONLY

CITY = load_days(PROFILE, ZONE)
CALENDAR = CITY.calendar
DAY = timedelta(days=1)
DAYS = st.dates(date(2023, 1, 1), date(2030, 12, 31))
INSTANTS = st.integers(0, 6 * 366 * 86_400).map(lambda seconds: local(1, year=2024) + timedelta(seconds=seconds))
NINE = time(9)


@given(day=st.dates(date(2024, 1, 1), date(2026, 12, 31)))
def test_the_calendar_agrees_with_the_published_notices(day: date) -> None:
    assert CALENDAR.is_workday(day) == chinese_calendar.is_workday(day)


def test_make_up_days_are_worked_and_the_holiday_before_them_is_not() -> None:
    assert CALENDAR.is_workday(date(2026, 2, 14))  # a Saturday
    assert not CALENDAR.is_workday(date(2026, 10, 1))  # a Thursday
    assert CALENDAR.is_workday(date(2026, 10, 10))  # a Saturday


def test_beyond_the_entered_years_only_weekends_are_known() -> None:
    assert CALENDAR.covers(date(2026, 12, 31))
    assert not CALENDAR.covers(date(2027, 10, 1))
    assert CALENDAR.is_workday(date(2027, 10, 1))  # a Friday
    assert not CALENDAR.is_workday(date(2027, 10, 2))
    assert not CALENDAR.is_workday(date(2027, 10, 3))


def test_a_calendar_says_until_when_it_is_entered() -> None:
    assert CITY.covered_until() == local(1, month=1, year=2027)
    assert CityDays(ZONE, WorkingCalendar(frozenset(), {}, {})).covered_until() is None


@given(day=DAYS)
def test_rolling_lands_on_the_nearest_working_day(day: date) -> None:
    earlier, later = CALENDAR.roll(day, Roll.PREVIOUS_WORKDAY), CALENDAR.roll(day, Roll.NEXT_WORKDAY)
    assert CALENDAR.roll(day, Roll.NONE) == day
    assert earlier <= day <= later
    assert CALENDAR.is_workday(earlier)
    assert CALENDAR.is_workday(later)
    between = (earlier + n * DAY for n in range(1, (later - earlier).days))
    assert not any(CALENDAR.is_workday(d) for d in between)
    assert (earlier == day) == CALENDAR.is_workday(day) == (later == day)


@pytest.mark.parametrize(
    ("roll", "passes"),
    [(Roll.NONE, local(7)), (Roll.PREVIOUS_WORKDAY, local(6)), (Roll.NEXT_WORKDAY, local(9))],
)
def test_a_deadline_on_a_saturday_passes_when_the_day_it_rolls_to_is_over(roll: Roll, passes: datetime) -> None:
    assert CityDays(ZONE, WEEKENDS_ONLY.calendar, roll).passes_at(june(6), local(1)) == passes


@pytest.mark.promise("P3")
def test_no_roll_takes_a_deadline_to_before_the_day_on_which_it_was_set() -> None:
    days = CityDays(ZONE, WEEKENDS_ONLY.calendar, Roll.PREVIOUS_WORKDAY)
    assert days.passes_at(june(7), local(5, 23, 59)) == local(6)
    assert days.passes_at(june(7), local(6)) == local(8)
    assert days.passes_at(june(6), local(6, 12)) == local(7)


def test_a_break_of_59_days_is_looked_over_and_a_longer_one_is_a_mistake() -> None:
    first = date(2026, 3, 5)
    off = {first + n * DAY: "停工" for n in range(60)}  # from a Thursday to a Sunday
    calendar = WorkingCalendar(frozenset({2026}), off, {})
    last = max(off)
    assert calendar.previous_workday(last - DAY) == first - DAY
    assert calendar.next_workday(first + DAY) == last + DAY
    with pytest.raises(UnusableCalendar, match=f"within 60 days of {last}"):
        calendar.previous_workday(last)
    with pytest.raises(UnusableCalendar, match=f"within 60 days of {first}"):
        calendar.next_workday(first)


def test_a_calendar_that_contradicts_itself_is_refused() -> None:
    day = date(2026, 5, 1)
    with pytest.raises(UnusableCalendar, match="2026-05-01 is entered both"):
        WorkingCalendar(frozenset({2026}), {day: "劳动节"}, {day: "劳动节"})
    with pytest.raises(UnusableCalendar, match="2026-05-01 is entered, but 2026"):
        WorkingCalendar(frozenset({2025}), {day: "劳动节"}, {})
    with pytest.raises(UnusableCalendar, match="2026-05-01 is entered, but 2026"):
        WorkingCalendar(frozenset({2025}), {}, {day: "调休"})


def test_of_several_contradictions_the_first_day_is_named() -> None:
    days = {date(2026, 5, 2): "劳动节", date(2026, 5, 1): "劳动节"}
    with pytest.raises(UnusableCalendar, match="2026-05-01 is entered both"):
        WorkingCalendar(frozenset({2026}), days, days)
    with pytest.raises(UnusableCalendar, match="2026-05-01 is entered, but 2026"):
        WorkingCalendar(frozenset({2025}), days, {})


@given(day=DAYS, days_before=st.sets(st.integers(0, 30), min_size=1, max_size=4))
def test_reminders_go_out_on_working_days_at_nine_and_never_later_than_meant(day: date, days_before: set[int]) -> None:
    reminders = CITY.reminders(ZONE.end_of_day(day), days_before, NINE)
    assert min(days_before) in reminders
    assert reminders.keys() <= days_before
    assert len(set(reminders.values())) == len(reminders)
    for days, moment in reminders.items():
        meant = day - days * DAY
        assert moment == ZONE.at(CALENDAR.previous_workday(meant), NINE)
    # What is left out meets a nearer one.
    for days in days_before - reminders.keys():
        assert ZONE.at(CALENDAR.previous_workday(day - days * DAY), NINE) in reminders.values()


def test_reminders_that_meet_before_a_long_holiday_become_one() -> None:
    # 8 October 2026 is the first day after the holiday: three days before and one day before are both 30 September.
    due_at = ZONE.end_of_day(date(2026, 10, 8))
    assert CITY.reminders(due_at, (1, 3), NINE) == {1: local(30, 9, month=9)}


@given(instant=INSTANTS)
def test_midnights_bound_the_day(instant: datetime) -> None:
    midnight = CITY.up_to_midnight(instant)
    assert ZONE.local(midnight).time() == time()
    assert timedelta() <= midnight - instant < DAY
    assert CITY.up_to_midnight(midnight) == midnight
    over = CITY.end_of_day_at(instant)
    assert ZONE.local(over).time() == time()
    assert timedelta() < over - instant <= DAY
    assert CITY.last_day(over) == ZONE.day_of(instant)


@pytest.mark.parametrize(("now", "left"), [(local(10, 23), 1), (local(10), 1), (local(9, 23, 59), 2), (local(7, 9), 4)])
def test_days_left_count_the_deadlines_own_day(now: datetime, left: int) -> None:
    assert CITY.days_left(local(11), now) == left
