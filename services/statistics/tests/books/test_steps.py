"""What one event adds to the books, and where the hazard stands after it."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from duban_contracts.deadlines.calendar import CityDays, Roll, WorkingCalendar
from duban_contracts.events.hazards import HazardFirstConfirmed
from duban_contracts.events.types import Grade
from duban_contracts.testing.stories import Story
from services.statistics.books.model.cell import grade_or_undetermined
from services.statistics.books.model.fold import fold
from services.statistics.books.model.record import Flow, HazardRecord, Measure
from services.statistics.tests.stories import DAYS, DEADLINE, booked, entries_of, found, hour, open_since


def measures_of(story: Story) -> list[str]:
    """What the story's last event added to the books, with the grade it was counted under."""
    return [f"{flow.measure} {flow.cell.grade}" for flow in booked(story).steps[-1].flows]


def test_each_event_adds_what_it_says_and_no_more() -> None:
    reported = found()
    confirmed = reported.confirmed(hour(1), DEADLINE)
    submitted = confirmed.submitted(hour(2))
    closed = submitted.closed(hour(4))
    assert measures_of(reported) == ["registered undetermined"]
    assert measures_of(reported.rejected(hour(1))) == ["rejected undetermined"]
    assert measures_of(confirmed) == ["confirmed general"]
    assert measures_of(confirmed.overdue(hour(2))) == ["overdue general"]
    assert measures_of(confirmed.extended(hour(2), date(2026, 12, 1))) == []
    assert measures_of(submitted) == ["rectified general"]
    assert measures_of(submitted.returned(hour(3))) == ["returned general"]
    assert measures_of(closed) == ["closed general"]
    assert measures_of(closed.reopened(hour(5), DEADLINE)) == ["reopened general"]


def test_a_regraded_open_hazard_moves_between_cells() -> None:
    moved = ["transferred_out general", "transferred_in major"]
    assert measures_of(open_since(1).regraded(hour(2), Grade.MAJOR)) == moved


def test_a_hazard_that_is_not_open_moves_between_cells_without_a_trace() -> None:
    closed = open_since(1).submitted(hour(2)).closed(hour(3))
    assert measures_of(closed.regraded(hour(4), Grade.MAJOR)) == []


@pytest.mark.feature("SY27")
def test_nothing_is_counted_before_the_second_level_confirms() -> None:
    first = found().happened(HazardFirstConfirmed, hour(1), grade=Grade.MAJOR, reason="符合判定标准")
    assert measures_of(first) == []
    step = booked(first).steps[-1]
    assert (step.open, step.confirmed_at, step.due_on) == (False, None, None)
    assert measures_of(first.confirmed(hour(2), DEADLINE, grade=Grade.MAJOR)) == ["confirmed major"]


def test_an_open_hazard_that_is_struck_off_leaves_the_books_unclosed() -> None:
    assert measures_of(open_since(1).rejected(hour(2))) == ["rejected general", "transferred_out general"]


def test_a_hazard_confirmed_once_more_is_not_counted_twice_and_keeps_its_first_confirmation() -> None:
    again = open_since(1).confirmed(hour(40), date(2026, 12, 1))
    newest = booked(again).steps[-1]
    assert newest.flows == ()
    assert (newest.confirmed_at, newest.confirmed_on) == (hour(1), date(2026, 11, 1))
    assert newest.deadline_on == date(2026, 12, 1)


def test_the_first_confirmation_is_where_confirmed_time_begins_even_without_a_registration() -> None:
    confirmed = entries_of(open_since(1))[1]
    alone = fold(HazardRecord(hazard_id="h"), msgspec.structs.replace(confirmed, version=1), DAYS)
    assert alone.newest is not None
    assert (alone.newest.confirmed_at, alone.newest.open) == (hour(1), True)
    assert alone.newest.flows == (Flow(Measure.CONFIRMED, confirmed.cell),)


def test_a_hazard_that_was_not_confirmed_has_no_confirmation() -> None:
    newest = booked(found().rejected(hour(1))).steps[-1]
    assert (newest.confirmed_at, newest.confirmed_on, newest.open) == (None, None, False)


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    # START is 09:00 in China; 15 hours later it is the next day there and still the same day in UTC.
    steps = booked(found(at=14.99).confirmed(hour(15), DEADLINE)).steps
    assert [step.day for step in steps] == [date(2026, 11, 1), date(2026, 11, 2)]


def test_a_booking_day_never_goes_back() -> None:
    steps = booked(found(at=15.1).confirmed(hour(14.9), DEADLINE)).steps
    assert [step.day for step in steps] == [date(2026, 11, 2), date(2026, 11, 2)]


@pytest.mark.feature("SY31")
def test_a_closing_stands_until_the_hazard_is_reopened() -> None:
    closed = open_since(1).submitted(hour(20)).closed(hour(40))
    newest = booked(closed).steps[-1]
    assert (newest.rectified_on, newest.closed_at, newest.closed_on) == (date(2026, 11, 2), hour(40), date(2026, 11, 3))
    assert not newest.open
    reopened = booked(closed.reopened(hour(60), DEADLINE)).steps[-1]
    assert (reopened.rectified_on, reopened.closed_at, reopened.closed_on, reopened.open) == (None, None, None, True)


def test_a_closing_stands_through_what_does_not_open_the_hazard() -> None:
    closed = open_since(1).submitted(hour(20)).closed(hour(40))
    newest = booked(closed.regraded(hour(50), Grade.MAJOR)).steps[-1]
    assert (newest.rectified_on, newest.closed_at, newest.closed_on) == (date(2026, 11, 2), hour(40), date(2026, 11, 3))


def test_a_return_takes_the_rectification_back() -> None:
    last = booked(open_since(1).submitted(hour(2)).returned(hour(3))).steps[-1]
    assert last.rectified_on is None
    assert last.open


def test_only_an_open_hazard_is_overdue() -> None:
    late = open_since(1).overdue(hour(300))
    assert booked(late).steps[-1].overdue
    assert not booked(late.submitted(hour(301)).closed(hour(302))).steps[-1].overdue


def test_a_step_says_where_the_hazard_stood() -> None:
    step = booked(open_since(1)).steps[-1]
    assert (step.version, step.kind, step.state, step.occurred_at) == (2, "confirmed", "confirmed", hour(1))
    assert step.deadline_on == DEADLINE


@pytest.mark.parametrize(("grade", "cell"), [(None, "undetermined"), ("major", "major")])
def test_before_confirmation_a_hazard_stands_in_a_cell_of_its_own(grade: str | None, cell: str) -> None:
    assert grade_or_undetermined(grade) == cell


def test_a_step_has_the_day_that_counts_by_the_citys_roll_and_says_when_it_passed() -> None:
    # 10 November 2026 is a Tuesday; entered as a holiday, it rolls to Wednesday.
    holiday = WorkingCalendar(frozenset({2026}), {DEADLINE: "测试假日"}, {})
    rolled = CityDays(DAYS.zone, holiday, Roll.NEXT_WORKDAY)
    record = HazardRecord(hazard_id="h")
    for entry in entries_of(open_since(1).submitted(hour(232)).closed(hour(240))):
        record = fold(record, entry, rolled)
    assert [step.due_on for step in record.steps] == [None, *[date(2026, 11, 11)] * 3]
    assert [step.passed for step in record.steps] == [None, False, False, False]
    assert [step.passed for step in booked(open_since(1).submitted(hour(232))).steps] == [None, False, True]


def test_a_submission_booked_before_its_instant_was_kept_counts_from_when_the_ledger_learnt_of_it() -> None:
    story = open_since(1).submitted(hour(230), learnt_at=hour(232))
    *before, late = entries_of(story)
    assert booked(story).steps[-1].passed is False
    record = HazardRecord(hazard_id="h")
    for entry in (*before, msgspec.structs.replace(late, submitted_at=None)):
        record = fold(record, entry, DAYS)
    assert record.steps[-1].passed is True
