from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.deadlines.fold import advance
from duban_contracts.deadlines.reckoning import ClockState, Outcome, Reckoning
from duban_contracts.events.hazards import HazardDeadlineCorrected, HazardEvent, HazardExtended, HazardSubmitted
from duban_contracts.testing.calendar import ZONE, local
from duban_contracts.testing.stories import Story, registered
from services.scheduler.alarms.model import Alarm, AlarmKey, AlarmState, Kind
from services.scheduler.clocks.model.called_for import called_for, changes
from services.scheduler.tests.builders import POLICY, clock_of, fold
from services.scheduler.tests.clocks.histories import MINUTES, histories


@given(gaps=st.lists(st.tuples(MINUTES, MINUTES), max_size=8), days=st.integers(1, 30))
def test_pausing_and_resuming_neither_loses_nor_gains_time(gaps: list[tuple[int, int]], days: int) -> None:
    start = local(1, 9)
    story = registered().confirmed(start, ZONE.day_of(start + timedelta(days=days)))
    allowed = clock_of(story).deadline.due_at - start
    at = start
    for run, pause in gaps:
        handed_in = at + timedelta(minutes=run)
        if handed_in > clock_of(story).deadline.due_at:
            break
        at = handed_in + timedelta(minutes=pause)
        story = story.submitted(handed_in).returned(at)
    clock = clock_of(story)
    used = clock.used(at)
    if story.version > 2:
        # Running after a return: what was used and what is left is what was allowed, to the microsecond. Whoever used
        # the hours that rounding gave has nothing left, and owes none.
        assert clock.deadline.budget_end - at == max(allowed - used, timedelta())
    assert timedelta() <= clock.deadline.due_at - clock.deadline.budget_end <= timedelta(days=1)


@given(story=histories(), data=st.data())
def test_duplicates_and_disorder_give_the_same_reckoning_through_the_version_rule(
    story: Story, data: st.DataObject
) -> None:
    in_order = fold(story.versions())
    copies = data.draw(st.lists(st.sampled_from(story.versions()), max_size=10))
    delivered = data.draw(st.permutations([*story.versions(), *copies]))
    assert through_the_version_rule(delivered) == in_order


def through_the_version_rule(delivered: list[tuple[int, HazardEvent]]) -> Reckoning | None:
    """Apply seen + 1, drop what is older, park what is ahead (the version rule); every event also comes twice."""
    seen, reckoning = 0, None
    parked: dict[int, HazardEvent] = {}
    for version, event in delivered:
        parked.setdefault(version, event)
        while seen + 1 in parked:
            seen += 1
            for _ in range(2):
                reckoning = advance(reckoning, parked[seen], version=seen, days=POLICY.days)
    return reckoning


@given(story=histories())
def test_an_extension_always_moves_the_deadline_and_never_back(story: Story) -> None:
    before = None
    for version, event in story.versions():
        after = advance(before, event, version=version, days=POLICY.days)
        if isinstance(event, HazardExtended) and before and after:
            old, new = before.deadline, after.deadline
            assert new.number == old.number + 1
            assert new.due_at >= ZONE.end_of_day(event.deadline_on)
            if after.deadlines[-2].outcome is not Outcome.PASSED:
                assert new.due_at >= old.due_at
        before = after


@given(story=histories())
def test_a_correction_makes_the_day_count_as_it_is_and_what_was_wrong_never_passed(story: Story) -> None:
    before = None
    for version, event in story.versions():
        after = advance(before, event, version=version, days=POLICY.days)
        if isinstance(event, HazardDeadlineCorrected) and before and after:
            wrong, right = after.deadlines[-2:]
            assert right.due_at == right.budget_end == ZONE.end_of_day(event.deadline_on) > event.occurred_at
            assert (wrong.outcome, wrong.settled_at, right.outcome) == (
                Outcome.CORRECTED,
                event.occurred_at,
                Outcome.OPEN,
            )
            assert (wrong.deadline_on, wrong.due_at) == (before.deadline.deadline_on, before.deadline.due_at)
            assert (after.state, after.used(event.occurred_at)) == (before.state, before.used(event.occurred_at))
        before = after


@given(story=histories())
def test_segments_are_one_line_of_time_without_gap_or_overlap(story: Story) -> None:
    clock = clock_of(story)
    begun_anew = {segment.started_at for segment in clock.segments if segment.began_with in {"reopened", "unmerged"}}
    for earlier, later in zip(clock.segments, clock.segments[1:], strict=False):
        assert earlier.ended_at is not None
        assert earlier.started_at <= earlier.ended_at <= later.started_at
        assert earlier.ended_at == later.started_at or later.started_at in begun_anew
    assert (clock.segments[-1].ended_at is None) == (clock.state is not ClockState.STOPPED)


@given(story=histories())
def test_a_stopped_clock_calls_for_no_alarm_and_a_running_one_for_exactly_one_overdue(story: Story) -> None:
    clock = clock_of(story)
    overdue = [alarm for alarm in called_for(clock, "JC-1", POLICY) if alarm.kind is Kind.OVERDUE]
    if clock.state is ClockState.STOPPED:
        assert overdue == []
    else:
        assert [alarm.due.number for alarm in overdue] == [clock.deadline.number]


@given(story=histories())
def test_writing_only_the_changes_gives_the_alarms_that_are_called_for(story: Story) -> None:
    table: dict[AlarmKey, Alarm] = {}
    before = None
    for version, event in story.versions():
        after = advance(before, event, version=version, days=POLICY.days)
        if after is not None:
            table |= {alarm.key: alarm for alarm in changes(before, after, "JC-1", POLICY)}
        before = after
    wanted = {alarm.key: alarm for alarm in called_for(before, "JC-1", POLICY)}
    assert {key: table[key] for key in wanted} == wanted
    over = {AlarmState.WITHDRAWN, AlarmState.EXCUSED, AlarmState.RAISED}
    assert all(alarm.state in over for key, alarm in table.items() if key not in wanted)


@given(story=histories())
def test_a_submission_decides_by_its_own_instant_whether_the_deadline_passed(story: Story) -> None:
    before: Reckoning | None = None
    for version, event in story.versions():
        after = advance(before, event, version=version, days=POLICY.days)
        if isinstance(event, HazardSubmitted) and before and after:
            late = event.submitted_at > before.deadline.due_at
            assert (after.deadline.outcome is Outcome.PASSED) == late
        before = after


@given(story=histories())
def test_a_deadline_passes_only_while_the_clock_runs_and_is_settled_at_its_own_instant(story: Story) -> None:
    clock = clock_of(story)
    ran = [segment for segment in clock.segments if segment.state is ClockState.RUNNING]
    for deadline in clock.deadlines:
        if deadline.outcome is Outcome.PASSED:
            assert deadline.settled_at == deadline.due_at
            assert any(
                s.started_at <= deadline.due_at and (s.ended_at or deadline.due_at) >= deadline.due_at for s in ran
            )
        elif deadline.outcome is Outcome.CORRECTED:
            assert any(d.set_by == "corrected" and d.set_at == deadline.settled_at for d in clock.deadlines)
        elif deadline.settled_at and deadline.settled_at > deadline.due_at:
            # Settled late, and yet not passed: the clock stood still when the deadline was over.
            assert not any(s.started_at <= deadline.due_at < (s.ended_at or deadline.settled_at) for s in ran)
    assert [deadline.number for deadline in clock.deadlines] == list(range(1, len(clock.deadlines) + 1))
    assert all(deadline.outcome is not Outcome.OPEN for deadline in clock.deadlines[:-1])


@given(story=histories())
def test_time_used_and_time_paused_make_up_the_time_that_went_by(story: Story) -> None:
    clock = clock_of(story)
    now = story.last.occurred_at + timedelta(days=1)
    paused = [s for s in clock.segments if s.state is ClockState.PAUSED]
    stood = sum(((s.ended_at or now) - s.started_at for s in paused), timedelta())
    spans = [(s.started_at, s.ended_at or now) for s in clock.segments]
    assert clock.used(now) + stood == sum((end - start for start, end in spans), timedelta())
    assert (clock.remaining is None) == (clock.state is not ClockState.PAUSED)
    assert (clock.running_since is None) == (clock.state is not ClockState.RUNNING)


@given(story=histories())
def test_a_reckoning_reads_back_from_its_stored_form(story: Story) -> None:
    clock = clock_of(story)
    assert msgspec.json.decode(msgspec.json.encode(clock), type=Reckoning) == clock
