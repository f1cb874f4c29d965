"""Two reckonings that share no rule agree on which tasks a duty has: of any rule, of any versions, until any day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.duties.model.duty import DutyVersion
from services.scheduler.duties.model.occasions import Occasion, OccasionKind
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.rules import Deadline, Occasional, Quota, Recurrence, Rule, Season, Unscheduled
from services.scheduler.duties.model.second_reckoning import should_stand
from services.scheduler.tests.duties.builders import duty, members, tasks, version

BEGIN = date(2023, 6, 1)
DAYS = st.integers(0, 900).map(lambda days: BEGIN + timedelta(days=days))
MONTH_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%m-%d}")
QUOTAS = st.builds(Quota, period=st.sampled_from(Period), count=st.integers(1, 3), anchor=st.sampled_from([2020, 2021]))
DEADLINES = st.builds(Deadline, due_on=DAYS, opens_on=st.none() | DAYS)
SEASONS = st.builds(Season, opens=MONTH_DAYS, closes=MONTH_DAYS)
RRULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;BYDAY=FR",
    "FREQ=WEEKLY;BYDAY=MO,TH;INTERVAL=2",
    "FREQ=MONTHLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=29;INTERVAL=2",
    "FREQ=MONTHLY;BYMONTHDAY=5,20",
    "FREQ=MONTHLY;BYDAY=1MO",
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=5",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=-1",
]
RECURRENCES = st.builds(Recurrence, rrule=st.sampled_from(RRULES), since=st.none() | st.just(date(2023, 1, 31)))
OCCASIONAL = st.builds(Occasional, kinds=st.just((OccasionKind.HOLIDAY,)))
RULES: st.SearchStrategy[Rule] = (
    QUOTAS | DEADLINES | SEASONS | RECURRENCES | OCCASIONAL | st.just(Unscheduled(words="定期"))
)
HOLIDAYS = st.lists(st.tuples(DAYS, st.integers(0, 9)), max_size=4, unique_by=lambda each: each[0]).map(
    lambda found: [
        Occasion(
            occasion_id=f"o-{day}", kind=OccasionKind.HOLIDAY, name="节", starts_on=day, ends_on=day + timedelta(length)
        )
        for day, length in found
    ]
)


@st.composite
def histories(draw: st.DrawFn) -> list[DutyVersion]:
    """Return a duty with one to three versions, each of a rule of its own; the last may end it."""
    effective, found = BEGIN, []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        ends = draw(st.none() | DAYS)
        per = draw(st.sampled_from([None, "counties"]))
        changed = duty(
            draw(RULES),
            valid_from=BEGIN,
            valid_until=ends and max(ends, BEGIN),
            per=per,
            lead=None if per and draw(st.booleans()) else "emergency_management",
        )
        cancelled = number > 1 and draw(st.booleans())
        found.append(version(changed, number, effective_on=effective, cancelled=cancelled))
        effective += timedelta(days=draw(st.integers(0, 200)))
    return found


@given(versions=histories(), until=DAYS, occasions=HOLIDAYS)
def test_both_reckonings_ask_for_the_same_tasks(
    versions: list[DutyVersion], until: date, occasions: Sequence[Occasion]
) -> None:
    planned = {
        task.task_id: (
            task.period,
            task.ordinal,
            task.member and task.member.code,
            task.window_start,
            task.due_on,
            task.lead_unit,
        )
        for task in tasks(*versions, until=until, occasions=occasions)
    }
    should = should_stand(versions, until, members=members, occasions=occasions)
    assert {name: tuple(each)[1:] for name, each in should.items()} == planned


@pytest.mark.parametrize(
    ("rule", "periods"),
    [
        (Quota(period=Period.WEEK), ["2024-W52", "2025-W01"]),
        (Recurrence(rrule="FREQ=WEEKLY;BYDAY=SU"), ["2024-W52", "2025-W01"]),
    ],
)
def test_the_week_that_lies_in_two_years_is_one_period(rule: Rule, periods: list[str]) -> None:
    last_days = version(duty(rule, valid_from=date(2024, 12, 23), valid_until=date(2025, 1, 5)))
    assert [task.period for task in tasks(last_days, until=date(2025, 1, 5))] == periods
    should = should_stand([last_days], date(2025, 1, 5), members=members, occasions=())
    assert [each.period for each in should.values()] == periods


@pytest.mark.parametrize("anchor", [2020, 2021])
@pytest.mark.parametrize("period", Period)
def test_each_calendar_period_ends_on_one_day_by_both_reckonings(period: Period, anchor: int) -> None:
    rule = Quota(period=period, anchor=anchor)
    versions, until = [version(duty(rule, valid_from=date(2024, 2, 28)))], date(2026, 3, 1)
    planned = [(task.period, task.window_start, task.due_on) for task in tasks(*versions, until=until)]
    should = should_stand(versions, until, members=members, occasions=()).values()
    assert sorted((each.period, each.opens_on, each.due_on) for each in should) == sorted(planned)


@pytest.mark.parametrize(("anchor", "period", "last"), [(2020, "2020-2024", 2024), (2021, "2021-2025", 2025)])
def test_five_years_are_counted_from_the_year_of_the_duty(anchor: int, period: str, last: int) -> None:
    rule = Quota(period=Period.FIVE_YEARS, anchor=anchor)
    versions, until = [version(duty(rule, valid_from=date(2024, 2, 28)))], date(2024, 12, 31)
    [should] = should_stand(versions, until, members=members, occasions=()).values()
    assert (should.period, should.due_on) == (period, date(last, 12, 31))


@pytest.mark.parametrize("rrule", RRULES)
def test_a_rule_that_names_no_beginning_is_counted_from_one_january_by_both_reckonings(rrule: str) -> None:
    versions, until = [version(duty(Recurrence(rrule=rrule), valid_from=date(2024, 2, 28)))], date(2025, 3, 1)
    planned = [(task.period, task.ordinal, task.due_on) for task in tasks(*versions, until=until)]
    should = should_stand(versions, until, members=members, occasions=()).values()
    assert sorted((each.period, each.ordinal, each.due_on) for each in should) == sorted(planned)
