"""Which checks a plant owes by the calendar, and which are gaps: every level by itself; pure."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.duties.model.periods import Period, span_of
from services.scheduler.selfchecks.model import (
    Check,
    CheckFindings,
    CheckLevel,
    LevelSheet,
    PlantLayout,
    PlantPart,
    SheetSpan,
    State,
    TeamWorks,
    owed,
    sheet,
    span_on,
)

START = date(2024, 1, 1)
TEAM = PlantPart(code="team-1", name="一班", level="day", since=START)
OFFICE_TEAM = PlantPart(code="team-2", name="二班", level="day", since=START, works=TeamWorks.WORKDAYS)
WORKSHOP = PlantPart(code="shop-1", name="一车间", level="week", since=START)
PLANT = PlantLayout(name="一厂", since=START, parts=(TEAM, OFFICE_TEAM, WORKSHOP))
_PARTS: dict[CheckLevel, list[str | None]] = {
    CheckLevel.DAY: ["team-1", "team-2"],
    CheckLevel.WEEK: ["shop-1"],
    CheckLevel.MONTH: [None],
    CheckLevel.QUARTER: [None],
}
DAYS = st.dates(START, date(2026, 12, 31))
SPANS: st.SearchStrategy[SheetSpan] = st.sampled_from(["week", "month", "quarter"])


def is_workday(day: date) -> bool:
    return day.weekday() < 5


def check(
    level: CheckLevel, day: date, part: str | None = None, *, filed: date | None = None, no_work: bool = False
) -> Check:
    found = CheckFindings(level=level, part=part, held_on=day, no_work=no_work)
    return Check(UUID(int=day.toordinal()), UUID(int=1), found, filed or day)


def sheets(
    checks: list[Check], span: SheetSpan, day: date, today: date, laid: PlantLayout = PLANT
) -> dict[CheckLevel, LevelSheet]:
    found = sheet(laid, checks, span=span, day=day, today=today, is_workday=is_workday)
    return {each.level: each for each in found}


@st.composite
def filings(draw: st.DrawFn) -> list[Check]:
    """Return some checks of any level, held and filed on any days of two months."""
    days = st.integers(0, 60).map(lambda n: date(2024, 5, 1) + timedelta(days=n))
    made = []
    for level, day, later in draw(
        st.lists(st.tuples(st.sampled_from(CheckLevel), days, st.integers(0, 40)), max_size=25)
    ):
        part = draw(st.sampled_from(_PARTS[level]))
        made.append(check(level, day, part, filed=day + timedelta(days=later)))
    return made


@pytest.mark.feature("SY15")
def test_a_day_that_a_team_skips_is_a_gap_in_the_week_and_blocks_no_monthly_check() -> None:
    monday = date(2024, 5, 6)
    week = [monday + timedelta(days=n) for n in range(7)]
    done = [check(CheckLevel.DAY, day, "team-1") for day in week if day.day != 8]
    done += [check(CheckLevel.DAY, day, "team-2") for day in week[:5]]
    done += [check(CheckLevel.WEEK, monday, "shop-1"), check(CheckLevel.MONTH, date(2024, 5, 20))]
    seen = sheets(done, "week", monday, date(2024, 6, 3))
    assert [(gap.part, gap.span.key) for gap in seen[CheckLevel.DAY].gaps] == [("team-1", "2024-05-08")]
    assert (seen[CheckLevel.DAY].met, seen[CheckLevel.WEEK].met) == (False, True)
    month = sheets(done, "month", monday, date(2024, 6, 3))
    assert (month[CheckLevel.DAY].met, month[CheckLevel.MONTH].met) == (False, True)


@given(filings(), SPANS, DAYS, DAYS)
def test_every_owed_check_is_in_exactly_one_state(checks: list[Check], span: SheetSpan, day: date, today: date) -> None:
    within = span_on(span, day)
    for level, found in sheets(checks, span, day, today).items():
        due = list(owed(PLANT, level, within, is_workday))
        assert found.owed == len(due)
        assert len(found.gaps) == found.counts[State.MISSING]
        assert found.met == (found.counts[State.MISSING] == 0)
        assert all(gap in due and gap.span.end < today for gap in found.gaps)


@given(filings(), st.sampled_from(CheckLevel), DAYS)
def test_levels_do_not_know_of_each_other(checks: list[Check], level: CheckLevel, today: date) -> None:
    day = date(2024, 5, 15)
    alone = [each for each in checks if each.found.level is level]
    assert sheets(checks, "quarter", day, today)[level] == sheets(alone, "quarter", day, today)[level]


@given(filings(), DAYS)
def test_a_further_check_closes_its_own_gap_and_no_other(checks: list[Check], today: date) -> None:
    before = sheets(checks, "quarter", date(2024, 5, 15), today)
    for level, found in before.items():
        if not found.gaps:
            continue
        gap = found.gaps[0]
        later = sheets(
            [*checks, check(level, gap.span.start, gap.part, filed=today)], "quarter", date(2024, 5, 15), today
        )
        assert later[level].gaps == found.gaps[1:]
        assert later[level].counts[State.LATE] == found.counts[State.LATE] + 1
        assert {name: each.gaps for name, each in later.items() if name is not level} == {
            name: each.gaps for name, each in before.items() if name is not level
        }


@given(DAYS)
def test_the_weeks_of_a_quarter_owe_each_of_its_days_once(day: date) -> None:
    quarter = span_of(Period.QUARTER, day)
    days = [each.span.key for each in owed(PLANT, CheckLevel.DAY, quarter, is_workday) if each.part == "team-1"]
    assert len(days) == len(set(days)) == (quarter.end - quarter.start).days + 1
    months = list(owed(PLANT, CheckLevel.MONTH, quarter, is_workday))
    assert len(months) == 3, "and three months, whatever the weeks are"
    worked = [each for each in owed(PLANT, CheckLevel.DAY, quarter, is_workday) if each.part == "team-2"]
    assert all(is_workday(each.span.start) for each in worked)


@given(DAYS, st.integers(0, 40))
def test_nothing_is_owed_before_a_part_began_or_after_it_ended(since: date, length: int) -> None:
    until = since + timedelta(days=length)
    laid = PlantLayout(
        name="厂", since=START, parts=(PlantPart(code="t", name="班", level="day", since=since, until=until),)
    )
    wide = span_of(Period.YEAR, since)
    due = [each.span.start for each in owed(laid, CheckLevel.DAY, wide, is_workday)]
    assert due == [each for n in range(length + 1) if (each := since + timedelta(days=n)).year == since.year]


def test_what_is_not_over_is_open_and_what_came_later_is_late() -> None:
    day = date(2024, 5, 8)
    assert sheets([], "week", day, day)[CheckLevel.DAY].counts[State.OPEN] == 2 + 2 + 4, (
        "today, two more workdays, a weekend"
    )
    late = check(CheckLevel.DAY, day, "team-1", filed=day + timedelta(days=1))
    assert sheets([late], "week", day, date(2024, 6, 1))[CheckLevel.DAY].counts[State.LATE] == 1


def test_a_team_that_did_not_work_has_no_gap() -> None:
    day = date(2024, 5, 8)
    rested = check(CheckLevel.DAY, day, "team-1", no_work=True)
    found = sheets([rested], "week", day, date(2024, 6, 1))[CheckLevel.DAY]
    assert (
        found.counts[State.NO_WORK],
        "2024-05-08" in [gap.span.key for gap in found.gaps if gap.part == "team-1"],
    ) == (
        1,
        False,
    )


def test_a_week_over_the_turn_of_the_year_belongs_to_the_month_in_which_it_ends() -> None:
    january = span_of(Period.MONTH, date(2025, 1, 1))
    weeks = [each.span.key for each in owed(PLANT, CheckLevel.WEEK, january, is_workday)]
    assert weeks == ["2025-W01", "2025-W02", "2025-W03", "2025-W04"]
