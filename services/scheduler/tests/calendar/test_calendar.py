from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import Grade
from duban_contracts.profile import ProfileError
from duban_contracts.testing.calendar import ZONE, local
from services.scheduler.calendar.__main__ import seed
from services.scheduler.calendar.handlers import fingerprint, load_days, load_policy
from services.scheduler.calendar.model import Roll, UnusableCalendar, WorkingCalendar
from services.scheduler.clocks.model.policy import policy_of

PROFILE = Path(__file__).parents[4] / "deploy" / "profiles" / "jincheng"
CITY = load_days(PROFILE, ZONE)
CALENDAR = CITY.calendar
POLICY = policy_of(CITY, load_policy(PROFILE).reminders)
DAYS = st.dates(date(2023, 1, 1), date(2030, 12, 31))
GRADES = st.sampled_from(list(Grade))


def test_the_committed_calendar_is_what_the_seed_prints() -> None:
    assert json.loads((PROFILE / "calendar.json").read_text(encoding="utf-8")) == seed(2024, 2026)


@given(day=st.dates(date(2024, 1, 1), date(2026, 12, 31)))
def test_the_calendar_agrees_with_the_published_notices(day: date) -> None:
    assert CALENDAR.is_workday(day) == chinese_calendar.is_workday(day)


def test_make_up_days_are_worked_and_the_holiday_before_them_is_not() -> None:
    assert CALENDAR.is_workday(date(2026, 2, 14))  # a Saturday
    assert not CALENDAR.is_workday(date(2026, 10, 1))  # a Thursday
    assert CALENDAR.is_workday(date(2026, 10, 10))  # a Saturday


def test_beyond_the_entered_years_only_weekends_are_known() -> None:
    assert not CALENDAR.covers(date(2027, 10, 1))
    assert CALENDAR.is_workday(date(2027, 10, 1))  # a Friday
    assert not CALENDAR.is_workday(date(2027, 10, 2))


@given(day=DAYS)
def test_rolling_lands_on_the_nearest_working_day(day: date) -> None:
    earlier, later = CALENDAR.roll(day, Roll.PREVIOUS_WORKDAY), CALENDAR.roll(day, Roll.NEXT_WORKDAY)
    assert CALENDAR.roll(day, Roll.NONE) == day
    assert earlier <= day <= later
    assert CALENDAR.is_workday(earlier)
    assert CALENDAR.is_workday(later)
    between = (earlier + timedelta(days=n) for n in range(1, (later - earlier).days))
    assert not any(CALENDAR.is_workday(d) for d in between)
    assert (earlier == day) == CALENDAR.is_workday(day) == (later == day)


@given(day=DAYS, grade=GRADES)
def test_reminders_go_out_on_working_days_at_nine_and_never_later_than_meant(day: date, grade: Grade) -> None:
    due_at = ZONE.end_of_day(day)
    reminders = POLICY.reminders(grade, due_at)
    assert 1 in reminders
    assert len(set(reminders.values())) == len(reminders)
    for days, moment in reminders.items():
        assert CALENDAR.is_workday(ZONE.day_of(moment))
        assert (moment.astimezone(ZONE.info).hour, moment.astimezone(ZONE.info).minute) == (9, 0)
        assert ZONE.day_of(moment) <= day - timedelta(days=days)


def test_reminders_that_meet_before_a_long_holiday_become_one() -> None:
    # 8 October 2026 is the first day after the holiday: three days before and one day before are both 30 September.
    assert POLICY.reminders(Grade.GENERAL, ZONE.end_of_day(date(2026, 10, 8))) == {1: local(30, 9, month=9)}


@given(instant=st.integers(0, 6 * 366 * 86_400).map(lambda seconds: local(1, year=2024) + timedelta(seconds=seconds)))
def test_midnights_bound_the_day(instant: datetime) -> None:
    midnight = CITY.up_to_midnight(instant)
    assert midnight.astimezone(ZONE.info).hour == 0
    assert timedelta() <= midnight - instant < timedelta(days=1)
    assert CITY.up_to_midnight(midnight) == midnight
    assert CITY.last_day(ZONE.end_of_day(ZONE.day_of(instant))) == ZONE.day_of(instant)


def test_a_calendar_that_contradicts_itself_is_refused() -> None:
    day = date(2026, 5, 1)
    with pytest.raises(UnusableCalendar, match="2026-05-01"):
        WorkingCalendar(frozenset({2026}), {day: "劳动节"}, {day: "劳动节"})
    with pytest.raises(UnusableCalendar, match="2026-05-01"):
        WorkingCalendar(frozenset({2025}), {day: "劳动节"}, {})


def test_an_unusable_profile_names_the_file_and_the_fault(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"policy\.json: \$: the file is missing"):
        load_policy(tmp_path)
    (tmp_path / "calendar.json").write_text('{"source":"","years":[2026],"holidays":{"x":""},"workdays":{}}')
    with pytest.raises(ProfileError, match=r"calendar\.json: .*holidays"):
        load_days(tmp_path, ZONE)


def test_the_fingerprint_changes_with_either_file(tmp_path: Path) -> None:
    for name in ("calendar.json", "policy.json"):
        (tmp_path / name).write_bytes((PROFILE / name).read_bytes())
    before = fingerprint(tmp_path)
    assert before == fingerprint(PROFILE)
    (tmp_path / "policy.json").write_text("{}")
    assert fingerprint(tmp_path) != before
