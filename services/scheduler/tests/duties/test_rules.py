"""When duties fall due (DOMAIN §4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.duties.model import recurrence
from services.scheduler.duties.model.occasions import Occasion, OccasionKind, holidays_of
from services.scheduler.duties.model.periods import Period, span_of, spans
from services.scheduler.duties.model.recurrence import BadRule
from services.scheduler.duties.model.rules import Deadline, Occasional, Quota, Recurrence, Season, Unscheduled
from services.scheduler.tests.duties.builders import due_days, falls

YEAR = (date(2024, 1, 1), date(2024, 12, 31))


def test_a_quota_is_due_on_the_last_day_of_its_period_and_open_all_through_it() -> None:
    found = falls(Quota(period=Period.QUARTER), *YEAR)
    assert [(each.period, each.opens_on, each.due_on) for each in found] == [
        ("2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("2024-Q2", date(2024, 4, 1), date(2024, 6, 30)),
        ("2024-Q3", date(2024, 7, 1), date(2024, 9, 30)),
        ("2024-Q4", date(2024, 10, 1), date(2024, 12, 31)),
    ]


def test_four_a_year_is_another_rule_than_one_a_quarter() -> None:
    found = falls(Quota(period=Period.YEAR, count=4), *YEAR)
    assert [(each.period, each.ordinal, each.due_on) for each in found] == [
        ("2024", ordinal, date(2024, 12, 31)) for ordinal in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize(
    ("year", "last_days"),
    [
        (2023, ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"]),
        (2024, ["01-31", "02-29", "03-31", "04-30", "05-31", "06-30"]),
    ],
)
def test_the_31st_of_every_month_does_not_drift_and_loses_no_month(year: int, last_days: list[str]) -> None:
    assert due_days(Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=31"), year)[:6] == last_days
    assert due_days(Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=-1"), year)[:6] == last_days


def test_the_29th_of_february_is_the_28th_where_there_is_none() -> None:
    rule = Recurrence(rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
    assert due_days(rule, 2023) == ["02-28"]
    assert due_days(rule, 2024) == ["02-29"]


def test_the_first_occurrence_is_not_lost_when_it_falls_on_the_first_day() -> None:
    rule = Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=1", since=date(2024, 1, 1))
    assert due_days(rule)[0] == "01-01"
    every_other = Recurrence(rrule="FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1", since=date(2024, 1, 1))
    assert due_days(every_other) == ["01-01", "03-01", "05-01", "07-01", "09-01", "11-01"]


def test_the_day_itself_is_still_in_time_and_the_time_begins_after_the_one_before() -> None:
    [january, february, *_] = falls(Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=5"), *YEAR)
    assert (january.due_on, february.opens_on, february.due_on) == (
        date(2024, 1, 5),
        date(2024, 1, 6),
        date(2024, 2, 5),
    )


def test_several_occurrences_of_a_period_are_counted() -> None:
    found = falls(Recurrence(rrule="FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=-1"), *YEAR)
    assert [(each.period, each.ordinal, each.due_on) for each in found] == [
        ("2024", 1, date(2024, 3, 31)),
        ("2024", 2, date(2024, 9, 30)),
    ]


def test_a_week_at_the_turn_of_the_year_belongs_to_one_year_only() -> None:
    keys = [each.period for each in falls(Quota(period=Period.WEEK), date(2024, 12, 23), date(2025, 1, 12))]
    assert keys == ["2024-W52", "2025-W01", "2025-W02"]
    assert span_of(Period.WEEK, date(2027, 1, 1)).key == "2026-W53"


def test_a_season_may_reach_into_the_next_year() -> None:
    [before, winter] = falls(Season(opens="11-01", closes="03-31"), *YEAR)
    assert (before.period, before.due_on) == ("2023", date(2024, 3, 31))
    assert (winter.period, winter.opens_on, winter.due_on) == ("2024", date(2024, 11, 1), date(2025, 3, 31))


def test_a_season_that_ends_in_february_ends_on_its_last_day() -> None:
    [season] = falls(Season(opens="01-10", closes="02-29"), date(2023, 1, 1), date(2023, 12, 31))
    assert season.due_on == date(2023, 2, 28)


def test_a_deadline_falls_due_once_and_words_without_a_date_never() -> None:
    [only] = falls(Deadline(due_on=date(2024, 6, 30), opens_on=date(2024, 6, 1)), *YEAR)
    assert (only.opens_on, only.due_on) == (date(2024, 6, 1), date(2024, 6, 30))
    assert falls(Deadline(due_on=date(2023, 6, 30)), *YEAR) == []
    assert falls(Unscheduled(words="日周月"), *YEAR) == []


def test_an_occasion_is_due_inside_itself_and_only_for_what_it_triggers() -> None:
    congress = Occasion(
        occasion_id="2024-两会",
        kind=OccasionKind.EVENT,
        name="两会",
        starts_on=date(2024, 3, 4),
        ends_on=date(2024, 3, 11),
    )
    [check] = falls(Occasional(kinds=(OccasionKind.EVENT,)), *YEAR, congress)
    assert (check.period, check.opens_on, check.due_on) == ("2024-两会", date(2024, 3, 4), date(2024, 3, 11))
    assert falls(Occasional(kinds=(OccasionKind.HOLIDAY,)), *YEAR, congress) == []


def test_days_off_that_follow_each_other_are_one_holiday_whose_name_stays_when_it_is_extended() -> None:
    days = {date(2024, 10, day): "国庆节" for day in range(1, 8)} | {date(2024, 1, 1): "元旦"}
    [new_year, national_day] = holidays_of(days)
    assert (new_year.occasion_id, national_day.occasion_id) == ("2024-元旦", "2024-国庆节")
    [_, longer] = holidays_of(days | {date(2024, 10, 8): "国庆节"})
    assert (longer.occasion_id, longer.ends_on) == ("2024-国庆节", date(2024, 10, 8))


def test_two_holidays_in_one_break_are_one_occasion() -> None:
    """The State Council's notice of 2025: 国庆节、中秋节, 1 to 8 October."""
    days = {date(2025, 10, day): "国庆节" for day in range(1, 9)} | {date(2025, 10, 6): "中秋节"}
    [both] = holidays_of(days)
    assert (both.occasion_id, both.name) == ("2025-国庆节", "国庆节、中秋节")
    assert (both.starts_on, both.ends_on) == (date(2025, 10, 1), date(2025, 10, 8))


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=HOURLY",
        "FREQ=MONTHLY;BYHOUR=9",
        "FREQ=MONTHLY;BYMONTHDAY=42",
        "monthly",
        "",
        "FREQ=MONTHLY;FREQ=DAILY",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,31;UNTIL=20301231",
        "FREQ=DAILY;INTERVAL=-2",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=YEARLY;BYMONTH=-1;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYDAY=MO;WKST=XX",
    ],
)
def test_what_is_no_rule_by_days_is_refused(text: str) -> None:
    with pytest.raises(BadRule):
        recurrence.normalised(text)


@pytest.mark.parametrize(
    ("text", "since", "first"),
    [
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTH=3,6,9,12;BYMONTHDAY=1", date(2024, 3, 1), date(2024, 3, 1)),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=6;BYMONTHDAY=1", date(2024, 6, 15), date(2025, 6, 1)),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=SA", date(2024, 1, 6), date(2024, 1, 6)),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29", date(2023, 1, 1), date(2023, 2, 28)),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTH=3,6,9,12;BYMONTHDAY=1", date(2024, 1, 1), None),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=6;BYMONTHDAY=1", date(2024, 1, 1), None),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=SA", date(2024, 1, 1), None),
        ("FREQ=YEARLY;INTERVAL=100;BYMONTH=3;BYMONTHDAY=1", date(2024, 6, 1), None),
    ],
)
def test_whether_an_interval_meets_its_days_is_asked_from_the_day_on_which_it_begins(
    text: str, since: date, first: date | None
) -> None:
    rule = Recurrence(rrule=recurrence.normalised(text), since=since)
    assert recurrence.falls(text, since) == (first is not None)
    found = falls(rule, since, since + timedelta(days=400))
    assert next((each.due_on for each in found), None) == first


RRULES = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]), "INTERVAL": st.integers(1, 40)},
    optional={
        "BYDAY": st.sampled_from(["MO", "SA", "TU,SU"]),
        "BYMONTH": st.sampled_from(["1", "2", "6", "3,6,9,12"]),
        "WKST": st.sampled_from(["MO", "SU"]),
    },
).map(lambda parts: ";".join(f"{name}={value}" for name, value in parts.items()))


@given(text=RRULES, since=st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_rule_falls_from_a_day_on_as_rfc_5545_expands_it_from_there(text: str, since: date) -> None:
    # The calendar is the same every 400 years, and the library searches up to the year 9999.
    moved = datetime(since.year + 7600, since.month, since.day)  # noqa: DTZ001 - days without hours and zones
    expanded = rrulestr(text, dtstart=moved).after(moved, inc=True)
    assert recurrence.falls(text, since) == (expanded is not None and expanded <= moved + timedelta(days=28 * 366))


def test_a_frequency_without_a_day_is_a_quota() -> None:
    assert not recurrence.names_days("FREQ=MONTHLY;INTERVAL=3")
    assert recurrence.names_days("FREQ=MONTHLY;BYMONTHDAY=-1")


@given(
    period=st.sampled_from(Period),
    day=st.dates(date(1990, 1, 1), date(2100, 12, 31)),
)
def test_every_day_lies_in_exactly_one_period_of_each_kind(period: Period, day: date) -> None:
    span = span_of(period, day)
    assert span.start <= day <= span.end
    neighbours = list(spans(period, span.start - timedelta(days=1), span.end + timedelta(days=1)))
    assert [each.key for each in neighbours if each.start <= day <= each.end] == [span.key]
    assert len({each.key for each in neighbours}) == len(neighbours) == 3


@given(
    period=st.sampled_from([each for each in Period if each is not Period.FIVE_YEARS]),
    first=st.dates(date(2023, 1, 1), date(2023, 12, 31)),
    middle=st.integers(0, 400),
    length=st.integers(0, 400),
)
def test_what_is_planned_in_two_steps_is_what_is_planned_in_one(
    period: Period, first: date, middle: int, length: int
) -> None:
    rule = Quota(period=period)
    until = first + timedelta(days=middle)
    last = until + timedelta(days=length)
    whole = falls(rule, first, last)
    assert falls(rule, first, until) == whole[: len(falls(rule, first, until))]
