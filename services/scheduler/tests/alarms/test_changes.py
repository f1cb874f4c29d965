"""Alarms as values: which are ahead of a deadline, and what is written when those of a subject change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.types import Subject
from duban_contracts.testing.calendar import june, local
from services.scheduler.alarms.model import (
    Alarm,
    AlarmKey,
    AlarmState,
    Cause,
    Due,
    Kind,
    Recall,
    ahead,
    changes,
    passing,
)

SUBJECT = Subject(kind="task", id="t-1", number="RW-2026-0001")
DUE = Due(SUBJECT, 2, june(19), local(20))
NAMESPACE = UUID("00000000-0000-0000-0000-000000000001")
NOTHING: frozenset[int] = frozenset()
EVERYTHING = frozenset(range(10))


def reminder(days: int, at: datetime, state: AlarmState = AlarmState.ARMED) -> Alarm:
    return Alarm(DUE, Kind.DUE_SOON, days, at, state)


def test_the_alarm_of_a_deadline_fires_when_it_passes() -> None:
    alarm = passing(DUE, AlarmState.ARMED)
    assert (alarm.kind, alarm.days_before, alarm.fires_at, alarm.raised_at) == (Kind.OVERDUE, 0, local(20), None)
    assert alarm.key == AlarmKey("task", "t-1", 2, Kind.OVERDUE, 0)
    raised = passing(DUE, AlarmState.RAISED, local(20, 0, 1))
    assert (raised.state, raised.raised_at) == (AlarmState.RAISED, local(20, 0, 1))


def test_reminders_are_ahead_after_their_beginning_and_before_the_deadline_passes() -> None:
    moment = timedelta(microseconds=1)
    moments = {
        9: local(10),
        8: local(10) + moment,
        2: local(20) - moment,
        1: local(20),
        0: local(21),
    }
    found = ahead(DUE, moments, AlarmState.HELD, since=local(10))
    assert found == [
        reminder(2, local(20) - moment, AlarmState.HELD),
        reminder(8, local(10) + moment, AlarmState.HELD),
    ]


def test_what_is_new_and_what_has_moved_is_written_and_the_rest_is_not() -> None:
    same, moved = passing(DUE, AlarmState.ARMED), reminder(3, local(16, 9))
    later, new = replace(moved, fires_at=local(17, 9)), reminder(1, local(18, 9))
    assert changes([same, moved], [same, later, new], passed=NOTHING) == [later, new]
    assert changes([same], [same], passed=EVERYTHING) == []


def test_what_is_no_longer_needed_is_withdrawn_and_excused_when_its_deadline_had_passed() -> None:
    alarms = [passing(DUE, AlarmState.ARMED), reminder(1, local(18, 9))]

    def states(passed: frozenset[int]) -> list[AlarmState]:
        return [alarm.state for alarm in changes(alarms, [], passed=passed)]

    assert states(NOTHING) == [AlarmState.WITHDRAWN, AlarmState.WITHDRAWN]
    assert states(frozenset({1, 3})) == [AlarmState.WITHDRAWN, AlarmState.WITHDRAWN]
    assert states(frozenset({2})) == [AlarmState.EXCUSED, AlarmState.WITHDRAWN]


def test_what_was_raised_is_never_taken_back() -> None:
    assert changes([passing(DUE, AlarmState.RAISED, local(20))], [], passed=EVERYTHING) == []


def test_the_event_id_of_an_alarm_is_the_same_at_every_attempt_and_differs_between_alarms() -> None:
    key = AlarmKey("task", "t-1", 2, Kind.OVERDUE)
    others = [
        replace(key, subject_id="t-2"),
        replace(key, deadline_number=1),
        replace(key, kind=Kind.DUE_SOON),
        replace(key, kind=Kind.DUE_SOON, days_before=1),
    ]
    assert key.event_id(NAMESPACE) == replace(key).event_id(NAMESPACE)
    assert len({one.event_id(NAMESPACE) for one in (key, *others)}) == 5
    assert key.event_id(NAMESPACE) != key.event_id(UUID("00000000-0000-0000-0000-000000000002"))


@pytest.mark.promise("P3")
def test_the_event_ids_of_hazards_are_those_of_the_first_release() -> None:
    hazards = UUID("0d9c7f2e-3b0a-5c58-9f0e-64756261e001")
    key = AlarmKey("hazard", "hz-1", 1, Kind.OVERDUE)
    assert str(key.event_id(hazards)) == "c70b0d5a-9a2d-5f03-8418-fb71f5c8d946"
    assert (
        str(replace(key, kind=Kind.DUE_SOON, days_before=3).event_id(hazards)) == "62de5e63-e736-508f-9445-8986bcb2133a"
    )


@st.composite
def standing(draw: st.DrawFn) -> list[Alarm]:
    """What a subject calls for: alarms of some deadlines, each key once."""
    keys = draw(st.sets(st.tuples(st.integers(1, 3), st.sampled_from(Kind), st.integers(0, 3)), max_size=6))
    states = st.sampled_from([AlarmState.ARMED, AlarmState.HELD, AlarmState.RAISED])
    return [
        Alarm(
            Due(SUBJECT, number, date(2026, 6, 1), local(20)), kind, days, local(draw(st.integers(1, 19))), draw(states)
        )
        for number, kind, days in sorted(keys)
    ]


@given(before=standing(), after=standing(), passed=st.frozensets(st.integers(1, 3)))
def test_writing_the_changes_gives_what_is_called_for_and_keeps_what_was_raised(
    before: list[Alarm], after: list[Alarm], passed: frozenset[int]
) -> None:
    table = {alarm.key: alarm for alarm in before}
    written = changes(before, after, passed=passed)
    assert len({alarm.key for alarm in written}) == len(written)
    table |= {alarm.key: alarm for alarm in written}
    wanted = {alarm.key: alarm for alarm in after}
    for key, alarm in table.items():
        if key in wanted:
            assert alarm == wanted[key]
        elif alarm.state is not AlarmState.RAISED:
            late = key.kind is Kind.OVERDUE and key.deadline_number in passed
            assert alarm.state is (AlarmState.EXCUSED if late else AlarmState.WITHDRAWN)


def test_what_takes_an_alarm_back_has_one_id_for_life_and_another_than_any_alarm() -> None:
    recall = Recall("task", "t-1", 2, local(20))
    assert recall.event_id(NAMESPACE) == uuid5(NAMESPACE, "t-1/2/recalled")
    assert recall.event_id(NAMESPACE) == replace(recall, at=local(21)).event_id(NAMESPACE)
    assert len({replace(recall, subject_id=each).event_id(NAMESPACE) for each in ("t-1", "t-2", "t-3")}) == 3


def test_a_cause_is_handed_on_as_an_event_of_the_ledger() -> None:
    assert Cause("e-1", "c-1", "00-aa-bb-01").envelope() == CloudEvent(
        id="e-1", source="/duban/ledger", type="", data=b"", correlationid="c-1", traceparent="00-aa-bb-01"
    )
