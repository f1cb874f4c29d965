from __future__ import annotations

from datetime import timedelta

from duban_contracts.deadlines.calendar import CityDays, Roll
from duban_contracts.deadlines.fold import advance
from duban_contracts.deadlines.reckoning import ClockState, Outcome
from duban_contracts.events.types import Grade
from duban_contracts.testing.calendar import ZONE, june, local
from duban_contracts.testing.stories import hazard, registered
from services.scheduler.tests.builders import DAY, HOUR, WEEKENDS_ONLY, clock_of, fold, running


def test_a_hazard_has_no_clock_before_it_is_running() -> None:
    assert fold(registered().versions()) is None


def test_a_deadline_passes_at_the_start_of_the_day_after_it_in_the_citys_zone() -> None:
    clock = clock_of(running())
    assert clock.deadline.due_at == local(11)
    assert clock.deadline.due_at.isoformat() == "2026-06-10T16:00:00+00:00"
    assert (clock.state, clock.deadline.number) == (ClockState.RUNNING, 1)


def test_a_submission_pauses_the_clock_at_the_instant_it_reached_the_broker() -> None:
    clock = clock_of(running().submitted(local(5, 12), learnt_at=local(7, 12)))
    assert clock.state is ClockState.PAUSED
    assert clock.remaining == local(11) - local(5, 12)
    assert clock.used(local(20)) == local(5, 12) - local(1, 9)


def test_a_submission_in_time_is_in_time_even_when_it_is_learnt_after_the_deadline() -> None:
    clock = clock_of(running().submitted(local(10, 23, 59), learnt_at=local(12)))
    assert clock.deadline.outcome is Outcome.OPEN
    at_the_last_instant = clock_of(running().submitted(local(11), learnt_at=local(12)))
    assert at_the_last_instant.deadline.outcome is Outcome.OPEN


def test_a_submission_after_the_deadline_leaves_it_passed() -> None:
    story = running().submitted(local(11) + timedelta(milliseconds=1))
    assert clock_of(story).deadline.outcome is Outcome.PASSED
    story = story.returned(local(15))
    returned = clock_of(story)
    assert (returned.deadline.outcome, returned.deadline.due_at) == (Outcome.PASSED, local(11))
    assert clock_of(story.closed(local(16))).deadline.outcome is Outcome.PASSED


def test_a_returned_hazard_resumes_its_clock_with_what_was_left() -> None:
    clock = clock_of(running().submitted(local(5, 12)).returned(local(20, 9)))
    assert clock.deadline.budget_end == local(20, 9) + (local(11) - local(5, 12))
    assert clock.deadline.due_at == local(26)
    assert clock.deadline.number == 1


def test_a_hazard_returned_with_nothing_left_has_until_the_end_of_that_day() -> None:
    story = running().submitted(local(11))
    assert clock_of(story.returned(local(20))).deadline.due_at == local(21)
    story = running().submitted(local(11))
    assert clock_of(story.returned(local(20, 17))).deadline.due_at == local(21)


def test_the_rounding_to_the_end_of_a_day_is_not_time_won() -> None:
    # One minute is left; each return rounds the due instant up, but the minute is all there ever is.
    story = running().submitted(local(10, 23, 59)).returned(local(20, 9))
    for day in range(21, 25):
        story = story.submitted(story.last.occurred_at + timedelta(seconds=10)).returned(local(day, 9))
    clock = clock_of(story)
    assert clock.deadline.budget_end - local(24, 9) == timedelta(seconds=20)
    assert clock.deadline.due_at == local(25)


def test_a_submission_in_the_rounded_hours_leaves_nothing_but_takes_nothing_more() -> None:
    # One minute was left at 09:00 on the 20th; the submission at 18:00 is in time, and there is no debt of nine hours.
    story = running().submitted(local(10, 23, 59)).returned(local(20, 9)).submitted(local(20, 18))
    assert clock_of(story).remaining == timedelta()
    clock = clock_of(story.returned(local(25, 8)))
    assert (clock.deadline.outcome, clock.deadline.due_at) == (Outcome.OPEN, local(26))


def test_a_claim_that_waited_for_its_confirmation_uses_no_time() -> None:
    clock = clock_of(running().submitted(local(1, 7), learnt_at=local(1, 10)))
    assert clock.used(local(3)) == timedelta()
    assert clock.remaining == local(11) - local(1, 9)


def test_planning_and_regrading_keep_the_clock() -> None:
    before = clock_of(running())
    after = clock_of(running().planned(local(2)).regraded(local(3), Grade.MAJOR))
    assert (after.deadlines, after.segments) == (before.deadlines, before.segments)
    assert after.grade is Grade.MAJOR


def test_an_extension_sets_a_new_deadline_and_keeps_what_was_used() -> None:
    clock = clock_of(running().extended(local(8), june(20)))
    assert [d.outcome for d in clock.deadlines] == [Outcome.SUPERSEDED, Outcome.OPEN]
    assert (clock.deadline.number, clock.deadline.due_at) == (2, local(21))
    assert clock.used(local(8)) == local(8) - local(1, 9)


def test_an_extension_never_takes_away_a_pause_that_was_already_paid_back() -> None:
    # The pause moved the 10th to the 25th; an extension to the 15th as printed must not shorten that.
    story = running().submitted(local(5, 12)).returned(local(20, 9)).extended(local(21), june(15))
    assert clock_of(story).deadline.due_at == local(26)


def test_an_extension_during_review_counts_from_the_submission() -> None:
    clock = clock_of(running().submitted(local(5)).extended(local(8), june(20)))
    assert clock.state is ClockState.PAUSED
    assert clock.remaining == local(21) - local(5)
    resumed = clock_of(running().submitted(local(5)).extended(local(8), june(20)).returned(local(9)))
    assert resumed.deadline.due_at == local(9) + (local(21) - local(5))


def test_an_extension_after_the_deadline_leaves_the_old_one_passed() -> None:
    clock = clock_of(running().extended(local(12), june(20)))
    assert [d.outcome for d in clock.deadlines] == [Outcome.PASSED, Outcome.OPEN]
    assert clock.deadline.due_at == local(21)


def test_closing_and_rejecting_stop_the_clock() -> None:
    clock = clock_of(running().submitted(local(5)).closed(local(6)))
    assert (clock.state, clock.deadline.outcome, clock.remaining) == (ClockState.STOPPED, Outcome.MET, None)
    assert all(segment.ended_at for segment in clock.segments)
    rejected = clock_of(running().rejected(local(2)))
    assert (rejected.state, rejected.deadline.outcome) == (ClockState.STOPPED, Outcome.CANCELLED)
    assert fold(registered().rejected(local(2)).versions()) is None


def test_a_reopened_hazard_has_a_fresh_deadline() -> None:
    clock = clock_of(running().submitted(local(5)).closed(local(6)).reopened(local(12), june(22)))
    assert (clock.deadline.number, clock.deadline.due_at) == (2, local(23))
    assert clock.state is ClockState.RUNNING


def test_what_happens_at_the_very_instant_of_the_deadline_is_in_time() -> None:
    moment = timedelta(microseconds=1)
    assert clock_of(running().rejected(local(11))).deadline.outcome is Outcome.CANCELLED
    assert clock_of(running().rejected(local(11) + moment)).deadline.outcome is Outcome.PASSED
    assert clock_of(running().extended(local(11), june(20))).deadlines[0].outcome is Outcome.SUPERSEDED
    assert clock_of(running().extended(local(11) + moment, june(20))).deadlines[0].outcome is Outcome.PASSED


def test_what_happens_during_review_after_the_deadline_does_not_make_it_pass() -> None:
    in_review = running().submitted(local(10))
    assert clock_of(in_review.extended(local(12), june(20))).deadlines[0].outcome is Outcome.SUPERSEDED
    assert clock_of(in_review.closed(local(12))).deadline.outcome is Outcome.MET
    assert clock_of(in_review.closed(local(12))).deadline.settled_at == local(12)


def test_a_passed_deadline_is_settled_when_it_passed_whatever_comes_after() -> None:
    for story in (
        running().submitted(local(12)),
        running().extended(local(12), june(20)),
        running().rejected(local(12)),
        running().overdue(local(11, 0, 1), june(10)),
    ):
        assert clock_of(story).deadlines[0].settled_at == local(11)


def test_an_extension_of_a_passed_deadline_counts_as_it_stands() -> None:
    # The pause had moved the 10th to the 25th; that passed, and a pause can't be paid back twice.
    story = running().submitted(local(5, 12)).returned(local(20, 9)).extended(local(26, 9), june(24))
    assert clock_of(story).deadline.due_at == local(25)


def test_a_stopped_clock_is_moved_by_a_reopening_only() -> None:
    closed = running().submitted(local(5)).closed(local(6))
    before = clock_of(closed)
    for later in (
        closed.extended(local(7), june(20)),
        closed.submitted(local(7)),
        closed.returned(local(7)),
        closed.rejected(local(7)),
    ):
        after = clock_of(later)
        assert (after.deadlines, after.segments, after.state) == (before.deadlines, before.segments, before.state)


def test_a_second_submission_before_the_return_changes_nothing() -> None:
    paused = running().submitted(local(5))
    again = clock_of(paused.submitted(local(6)))
    assert (again.paused_at, len(again.segments)) == (local(5), 2)
    assert again.remaining == local(11) - local(5)


def test_a_clock_is_reopened_no_earlier_than_it_stopped() -> None:
    story = running().submitted(local(3)).returned(local(4)).submitted(local(5)).closed(local(6))
    last = clock_of(story.reopened(local(5, 12), june(22))).segments[-1]
    assert (last.began_with, last.started_at) == ("reopened", local(6))


def test_a_deadline_that_is_set_while_another_runs_takes_its_place() -> None:
    # The ledger reopens closed hazards only; a reader does not depend on it.
    clock = clock_of(running().reopened(local(5), june(20)))
    assert [(d.outcome, d.settled_at) for d in clock.deadlines] == [
        (Outcome.SUPERSEDED, local(5)),
        (Outcome.OPEN, None),
    ]


def test_a_clock_may_begin_with_the_first_event_of_its_hazard() -> None:
    clock = clock_of(hazard().confirmed(local(1, 9), june(10)))
    assert (clock.version, clock.state, clock.running_since) == (1, ClockState.RUNNING, local(1, 9))


def test_an_extension_keeps_since_when_the_clock_runs_or_stands() -> None:
    assert clock_of(running().extended(local(8), june(20))).running_since == local(1, 9)
    assert clock_of(running().submitted(local(5)).extended(local(8), june(20))).paused_at == local(5)
    resumed = clock_of(running().submitted(local(5)).returned(local(8)))
    assert (resumed.running_since, resumed.paused_at) == (local(8), None)


def test_an_older_version_changes_nothing_and_a_newer_one_is_remembered() -> None:
    story = running().planned(local(2))
    clock = clock_of(story)
    assert clock.version == 3
    assert advance(clock, story.closed(local(3)).last, version=3, days=WEEKENDS_ONLY) is clock
    assert advance(clock, story.closed(local(3)).last, version=4, days=WEEKENDS_ONLY) != clock


def test_deadlines_roll_as_the_city_rolls_them() -> None:
    rolling = CityDays(ZONE, WEEKENDS_ONLY.calendar, Roll.NEXT_WORKDAY)
    assert clock_of(running(june(6)), rolling).deadline.due_at == local(9)
    assert clock_of(running().extended(local(2), june(13)), rolling).deadline.due_at == local(16)


def test_the_segments_print_the_whole_reckoning() -> None:
    clock = clock_of(running().submitted(local(5)).returned(local(6)).extended(local(7), june(20)))
    told = [(s.state, s.began_with, s.deadline_number, s.started_at, s.ended_at) for s in clock.segments]
    assert told == [
        (ClockState.RUNNING, "confirmed", 1, local(1, 9), local(5)),
        (ClockState.PAUSED, "submitted", 1, local(5), local(6)),
        (ClockState.RUNNING, "returned", 1, local(6), local(7)),
        (ClockState.RUNNING, "extended", 2, local(7), None),
    ]
    assert clock.used(local(7) + DAY + HOUR) == (local(5) - local(1, 9)) + 2 * DAY + HOUR
