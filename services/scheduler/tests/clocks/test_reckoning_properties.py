from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.hazards import HazardEvent, HazardExtended, HazardSubmitted
from duban_contracts.testing.calendar import ZONE, local
from duban_contracts.testing.stories import Story, registered
from services.scheduler.alarms.model import Alarm, AlarmKey, AlarmState, Kind
from services.scheduler.clocks.model.called_for import called_for, changes
from services.scheduler.clocks.model.fold import advance
from services.scheduler.clocks.model.reckoning import ClockState, Outcome, Reckoning
from services.scheduler.tests.builders import POLICY, clock_of, fold

MINUTES = st.integers(min_value=1, max_value=4 * 24 * 60)


Told = tuple[str, Story]


def _submit(story: Story, at: datetime, _: date, draw: st.DrawFn) -> Told:
    """Handed in up to a minute before the ledger learnt of it."""
    return "review", story.submitted(at - timedelta(seconds=draw(st.integers(0, 59))), learnt_at=at)


# What the ledger's state machine allows: state -> moves, each of which gives the next state and the longer story.
MOVES: dict[str, list[Callable[[Story, datetime, date, st.DrawFn], Told]]] = {
    "open": [
        lambda story, at, _, __: ("open", story.planned(at)),
        _submit,
        lambda story, at, day, __: ("open", story.extended(at, day)),
    ],
    "review": [
        lambda story, at, _, __: ("open", story.returned(at)),
        lambda story, at, _, __: ("closed", story.closed(at)),
        lambda story, at, day, __: ("review", story.extended(at, day)),
    ],
    "closed": [lambda story, at, day, __: ("open", story.reopened(at, day))],
}


@st.composite
def histories(draw: st.DrawFn) -> Story:
    """Any history that the ledger's state machine allows, with instants that move forward."""
    at = local(1, 9)
    story = registered().confirmed(at, ZONE.day_of(at + timedelta(days=draw(st.integers(1, 20)))))
    state = "open"
    for _ in range(draw(st.integers(0, 12))):
        at += timedelta(minutes=draw(MINUTES))
        later = ZONE.day_of(at + timedelta(days=draw(st.integers(0, 20))))
        state, story = draw(st.sampled_from(MOVES[state]))(story, at, later, draw)
    return story


@given(gaps=st.lists(st.tuples(MINUTES, MINUTES), max_size=8), days=st.integers(1, 30))
def test_pausing_and_resuming_neither_loses_nor_gains_time(gaps: list[tuple[int, int]], days: int) -> None:
    start = local(1, 9)
    story = registered().confirmed(start, ZONE.day_of(start + timedelta(days=days)))
    allowed = clock_of(story).deadline.due_at - start
    at = start
    for run, pause in gaps:
        at += timedelta(minutes=run)
        if at > clock_of(story).deadline.due_at:
            break
        story = story.submitted(at)
        at += timedelta(minutes=pause)
        story = story.returned(at)
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
    in_order = fold(story.versions())
    copies = data.draw(st.lists(st.sampled_from(story.versions()), max_size=10))
    delivered = data.draw(st.permutations([*story.versions(), *copies]))
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
        table |= {alarm.key: alarm for alarm in changes(before, after, "JC-1", POLICY)}
        before = after
    taken_back = {AlarmState.WITHDRAWN, AlarmState.EXCUSED}
    standing = {key: alarm for key, alarm in table.items() if alarm.state not in taken_back}
    assert standing == {alarm.key: alarm for alarm in called_for(before, "JC-1", POLICY)}


@given(story=histories())
def test_a_submission_decides_by_its_own_instant_whether_the_deadline_passed(story: Story) -> None:
    before: Reckoning | None = None
    for version, event in story.versions():
        after = advance(before, event, version=version, days=POLICY.days)
        if isinstance(event, HazardSubmitted) and before and after:
            late = event.submitted_at > before.deadline.due_at
            assert (after.deadline.outcome is Outcome.PASSED) == late
        before = after
