"""逾期: the ledger took note of 督办逾期, and a rebuilt database must not raise it again."""

from __future__ import annotations

from duban_contracts.deadlines.reckoning import Outcome
from duban_contracts.testing.calendar import june, local
from services.scheduler.tests.builders import clock_of, running


def test_the_ledgers_note_of_an_overdue_deadline_is_kept_with_it() -> None:
    story = running().overdue(local(11, 0, 1), june(10)).extended(local(12), june(20))
    first, second = clock_of(story).deadlines
    assert (first.outcome, first.noted_at) == (Outcome.PASSED, local(11, 0, 1))
    assert (second.outcome, second.noted_at) == (Outcome.OPEN, None)


def test_a_note_belongs_to_the_deadline_it_names_though_a_later_one_has_passed_too() -> None:
    story = running().extended(local(11, 9), june(12)).overdue(local(14), june(10))
    first, second = clock_of(story).deadlines
    assert (first.noted_at, second.noted_at) == (local(14), None)


def test_a_note_of_a_deadline_that_had_not_passed_by_then_changes_nothing() -> None:
    # A pause moved the 10th to the 26th; what the ledger noted on the 12th cannot be about that.
    story = running().submitted(local(5, 12)).returned(local(20, 9))
    assert clock_of(story.overdue(local(25), june(10))).deadlines == clock_of(story).deadlines


def test_a_note_at_the_very_instant_of_the_deadline_is_about_it() -> None:
    assert clock_of(running().overdue(local(11), june(10))).deadline.noted_at == local(11)


def test_a_note_does_not_make_a_deadline_pass_that_was_kept_or_replaced() -> None:
    in_review = clock_of(running().submitted(local(10, 23, 59)).overdue(local(12), june(10)))
    assert (in_review.deadline.outcome, in_review.deadline.noted_at) == (Outcome.OPEN, local(12))
    extended = clock_of(running().extended(local(9), june(20)).overdue(local(12), june(10)))
    assert [d.outcome for d in extended.deadlines] == [Outcome.SUPERSEDED, Outcome.OPEN]
    assert [d.noted_at for d in extended.deadlines] == [local(12), None]
