"""What ends a hazard's deadline in the second reckoning, and what it stands for after that."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import pytest

from services.statistics.recompute.model.clock import CHINA, PLAIN_DAYS, Clock

pytestmark = pytest.mark.promise("P5")
DAY: Final = date(2026, 11, 10)
DUE: Final = datetime(2026, 11, 11, tzinfo=CHINA)
SET: Final = DUE - timedelta(days=9)
ENDS: Final = ("closed", "rejected", "merged")


def turned(*turns: tuple[str, datetime], day: date = DAY) -> Clock:
    """The clock of a hazard that was confirmed nine days before its deadline was over, after these turns."""
    clock = Clock(PLAIN_DAYS)
    for what, at in (("confirmed", SET), *turns):
        clock.turn(what, at, day)
    return clock


@pytest.mark.parametrize("what", ENDS)
def test_a_deadline_passes_before_its_end_or_never(what: str) -> None:
    for at, passed in ((DUE - timedelta(seconds=1), False), (DUE, False), (DUE + timedelta(seconds=1), True)):
        ended = turned((what, at))
        assert (ended.runs, ended.paused, ended.passed, ended.counted) == (False, None, passed, at)
        assert (ended.due, ended.last_day) == (DUE, DAY)
        # However late somebody says that it is overdue: it stands still.
        ended.turn("overdue", DUE + timedelta(days=30), DAY)
        assert ended.passed == passed


@pytest.mark.parametrize("what", ENDS)
def test_only_what_another_hazard_went_on_for_runs_on_once_it_is_taken_out(what: str) -> None:
    ended = turned((what, SET + timedelta(days=1)), ("unmerged", SET + timedelta(days=2)))
    assert (ended.runs, ended.merged) == (what == "merged", False)
    assert ended.due == DUE


def test_what_had_no_deadline_when_it_was_merged_has_none_when_it_is_taken_out() -> None:
    clock = Clock(PLAIN_DAYS)
    clock.turn("merged", SET, None)
    clock.turn("unmerged", DUE, None)
    assert (clock.runs, clock.due, clock.last_day) == (False, None, None)


def test_what_is_taken_out_after_its_day_is_due_on_the_day_on_which_that_happens() -> None:
    late = DUE + timedelta(days=3, hours=10)
    clock = turned(("merged", SET), ("unmerged", late))
    assert (clock.spent, clock.last_day, clock.passed) == (late, late.date(), False)
    passed = turned(("merged", DUE + timedelta(hours=1)), ("unmerged", late))
    assert (passed.passed, passed.last_day) == (True, DAY)


def test_a_review_stands_still_until_it_ends_and_then_nothing_is_left_to_run() -> None:
    for what in ENDS:
        clock = turned(("submitted", SET + timedelta(days=1)), (what, DUE + timedelta(days=5)))
        assert (clock.runs, clock.paused, clock.passed) == (False, None, False), what


def test_an_extension_gives_the_later_day_unless_the_one_before_has_passed() -> None:
    clock = turned()
    clock.turn("extended", SET + timedelta(days=1), DAY - timedelta(days=3))
    assert (clock.due, clock.spent, clock.passed) == (DUE, DUE, False)
    clock.turn("extended", SET + timedelta(days=2), DAY + timedelta(days=10))
    assert (clock.due, clock.spent, clock.passed) == (DUE + timedelta(days=10), DUE + timedelta(days=10), False)
    late = turned(("overdue", DUE + timedelta(hours=1)))
    late.turn("extended", DUE + timedelta(hours=2), DAY + timedelta(days=2))
    assert (late.due, late.spent, late.passed) == (DUE + timedelta(days=2), DUE + timedelta(days=2), False)


def test_word_that_it_is_overdue_counts_once_its_day_is_over_and_the_clock_runs_on() -> None:
    for at, passed, counted in ((DUE, False, SET), (DUE + timedelta(hours=1), True, DUE + timedelta(hours=1))):
        clock = turned(("overdue", at))
        assert (clock.runs, clock.passed, clock.counted) == (True, passed, counted)
