from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.hazards import HazardEvent, HazardExtended, HazardSubmitted
from services.scheduler.domain import alarms
from services.scheduler.domain.alarms import AlarmState, Kind
from services.scheduler.domain.fold import advance
from services.scheduler.domain.instants import day_of, end_of
from services.scheduler.domain.reckoning import ClockState, Outcome, Reckoning
from services.scheduler.tests.builders import POLICY, Story, clock_of, fold, local

MINUTES = st.integers(min_value=1, max_value=4 * 24 * 60)


@st.composite
def histories(draw: st.DrawFn) -> Story:
    """Any history that the ledger's state machine allows, with instants that move forward."""
    at = local(1, 9)
    story = Story().registered(at).confirmed(at, day_of(at + timedelta(days=draw(st.integers(1, 20)))))
    state = "open"
    for _ in range(draw(st.integers(0, 12))):
        at += timedelta(minutes=draw(MINUTES))
        later = day_of(at + timedelta(days=draw(st.integers(0, 20))))
        moves = {
            "open": ["plan", "submit", "extend"],
            "review": ["return", "close", "extend"],
            "closed": ["reopen"],
        }
        match draw(st.sampled_from(moves[state])):
            case "plan":
                story.planned(at)
            case "submit":
                story.submitted(at - timedelta(seconds=draw(st.integers(0, 59))), learnt_at=at)
                state = "review"
            case "extend":
                story.extended(at, later)
            case "return":
                story.returned(at)
                state = "open"
            case "close":
                story.closed(at)
                state = "closed"
            case "reopen":
                story.reopened(at, later)
                state = "open"
    return story


@given(gaps=st.lists(st.tuples(MINUTES, MINUTES), max_size=8), days=st.integers(1, 30))
def test_pausing_and_resuming_neither_loses_nor_gains_time(gaps: list[tuple[int, int]], days: int) -> None:
    start = local(1, 9)
    story = Story().registered(start).confirmed(start, day_of(start + timedelta(days=days)))
    allowed = clock_of(story).deadline.due_at - start
    at = start
    for run, pause in gaps:
        at += timedelta(minutes=run)
        if at > clock_of(story).deadline.due_at:
            break
        story.submitted(at)
        at += timedelta(minutes=pause)
        story.returned(at)
    clock = clock_of(story)
    used = clock.used(at)
    left = clock.deadline.budget_end - at
    if clock.deadline.outcome is Outcome.OPEN and used <= allowed:
        # Running after a return: what was used and what is left is what was allowed, to the microsecond.
        assert used + left == allowed
    assert timedelta() <= clock.deadline.due_at - clock.deadline.budget_end <= timedelta(days=1)


@given(story=histories(), data=st.data())
def test_duplicates_and_disorder_give_the_same_reckoning_through_the_version_rule(
    story: Story, data: st.DataObject
) -> None:
    in_order = fold(story.events)
    copies = data.draw(st.lists(st.sampled_from(story.events), max_size=10))
    delivered = data.draw(st.permutations([*story.events, *copies]))
    assert through_the_version_rule(delivered) == in_order


def through_the_version_rule(delivered: list[tuple[int, HazardEvent]]) -> Reckoning | None:
    """Apply seen + 1, drop what is older, park what is ahead (DESIGN §5); every event also comes twice."""
    seen, reckoning = 0, None
    parked: dict[int, HazardEvent] = {}
    for version, event in delivered:
        parked.setdefault(version, event)
        while seen + 1 in parked:
            seen += 1
            for _ in range(2):
                reckoning = advance(reckoning, parked[seen], version=seen, policy=POLICY)
    return reckoning


@given(story=histories())
def test_an_extension_always_moves_the_deadline_and_never_back(story: Story) -> None:
    before = None
    for version, event in story.events:
        after = advance(before, event, version=version, policy=POLICY)
        if isinstance(event, HazardExtended) and before and after:
            old, new = before.deadline, after.deadline
            assert new.number == old.number + 1
            assert new.due_at >= end_of(event.deadline_on)
            if after.deadlines[-2].outcome is not Outcome.PASSED:
                assert new.due_at >= old.due_at
        before = after


@given(story=histories())
def test_segments_are_one_line_of_time_without_gap_or_overlap(story: Story) -> None:
    clock = clock_of(story)
    reopened = {d.set_at for d in clock.deadlines if d.set_by == "reopened"}
    for earlier, later in zip(clock.segments, clock.segments[1:], strict=False):
        assert earlier.ended_at is not None
        assert earlier.started_at <= earlier.ended_at <= later.started_at
        assert earlier.ended_at == later.started_at or later.started_at in reopened
    assert (clock.segments[-1].ended_at is None) == (clock.state is not ClockState.STOPPED)


@given(story=histories())
def test_a_stopped_clock_calls_for_no_alarm_and_a_running_one_for_exactly_one_overdue(story: Story) -> None:
    clock = clock_of(story)
    overdue = [alarm for alarm in alarms.called_for(clock, POLICY) if alarm.key.kind is Kind.OVERDUE]
    if clock.state is ClockState.STOPPED:
        assert overdue == []
    else:
        assert [alarm.key.deadline_number for alarm in overdue] == [clock.deadline.number]


@given(story=histories())
def test_writing_only_the_changes_gives_the_alarms_that_are_called_for(story: Story) -> None:
    table: dict[alarms.AlarmKey, alarms.Alarm] = {}
    before = None
    for version, event in story.events:
        after = advance(before, event, version=version, policy=POLICY)
        table |= {alarm.key: alarm for alarm in alarms.changes(before, after, POLICY)}
        before = after
    taken_back = {AlarmState.WITHDRAWN, AlarmState.EXCUSED}
    standing = {key: alarm for key, alarm in table.items() if alarm.state not in taken_back}
    assert standing == {alarm.key: alarm for alarm in alarms.called_for(before, POLICY)}


@given(story=histories())
def test_a_submission_decides_by_its_own_instant_whether_the_deadline_passed(story: Story) -> None:
    before: Reckoning | None = None
    for version, event in story.events:
        after = advance(before, event, version=version, policy=POLICY)
        if isinstance(event, HazardSubmitted) and before and after:
            late = event.submitted_at > before.deadline.due_at
            assert (after.deadline.outcome is Outcome.PASSED) == late
        before = after
