from __future__ import annotations

from duban_contracts.events.types import Grade
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.stories import Story, registered
from services.scheduler.alarms.model import Alarm, AlarmKey, AlarmState, Kind
from services.scheduler.clocks.model import called_for as rules
from services.scheduler.clocks.model.called_for import NAMESPACE
from services.scheduler.clocks.model.reckoning import Reckoning
from services.scheduler.tests.builders import POLICY, clock_of, running


def called_for(story: Story) -> list[tuple[Kind, int, int, object, AlarmState]]:
    return [
        (a.kind, a.due.number, a.days_before, a.fires_at, a.state)
        for a in rules.called_for(clock_of(story), "JC-1", POLICY)
    ]


def changes(before: Reckoning, after: Reckoning) -> list[Alarm]:
    return rules.changes(before, after, "JC-1", POLICY)


def confirmed(grade: Grade = Grade.GENERAL) -> Story:
    """The 19th of June 2026 is a Friday."""
    return running(june(19), grade=grade)


def test_a_running_clock_calls_for_its_alarm_and_the_reminders_of_its_grade() -> None:
    assert called_for(confirmed(Grade.MAJOR)) == [
        (Kind.OVERDUE, 1, 0, local(20), AlarmState.ARMED),
        (Kind.DUE_SOON, 1, 1, local(18, 9), AlarmState.ARMED),
        (Kind.DUE_SOON, 1, 3, local(16, 9), AlarmState.ARMED),
        (Kind.DUE_SOON, 1, 7, local(12, 9), AlarmState.ARMED),
    ]


def test_a_reminder_whose_moment_is_over_when_the_clock_starts_is_not_called_for() -> None:
    late = registered().confirmed(local(17, 10), june(19))
    assert [days for _, _, days, _, _ in called_for(late)] == [0, 1]


def test_alarms_are_held_during_review_and_follow_the_resumed_clock() -> None:
    story = confirmed().submitted(local(5))
    assert {state for *_, state in called_for(story)} == {AlarmState.HELD}
    assert called_for(story.returned(local(8)))[0] == (Kind.OVERDUE, 1, 0, local(23), AlarmState.ARMED)


def test_a_late_submission_does_not_take_the_alarm_back() -> None:
    story = confirmed().submitted(local(20, 1))
    assert called_for(story) == [(Kind.OVERDUE, 1, 0, local(20), AlarmState.ARMED)]
    assert called_for(story.returned(local(22))) == [(Kind.OVERDUE, 1, 0, local(20), AlarmState.ARMED)]


def test_an_extension_withdraws_the_old_alarms_and_calls_for_new_ones() -> None:
    story = confirmed()
    before = clock_of(story)
    after = clock_of(story.extended(local(10), june(30)))
    written = {(a.due.number, a.kind, a.state) for a in changes(before, after)}
    assert written == {
        (1, Kind.OVERDUE, AlarmState.WITHDRAWN),
        (1, Kind.DUE_SOON, AlarmState.WITHDRAWN),
        (2, Kind.OVERDUE, AlarmState.ARMED),
        (2, Kind.DUE_SOON, AlarmState.ARMED),
    }


def test_an_alarm_the_ledger_took_note_of_is_never_armed_again() -> None:
    story = confirmed().overdue(local(20, 0, 1), june(19))
    assert called_for(story) == [(Kind.OVERDUE, 1, 0, local(20), AlarmState.RAISED)]


def test_a_plan_writes_nothing() -> None:
    story = confirmed()
    before = clock_of(story)
    assert changes(before, clock_of(story.planned(local(2)))) == []


def test_the_event_id_of_an_alarm_is_the_same_at_every_attempt_and_differs_between_alarms() -> None:
    key = AlarmKey("hazard", "hz-1", 1, Kind.OVERDUE)
    assert key.event_id(NAMESPACE) == AlarmKey("hazard", "hz-1", 1, Kind.OVERDUE).event_id(NAMESPACE)
    others = [
        AlarmKey("hazard", "hz-1", 2, Kind.OVERDUE),
        AlarmKey("hazard", "hz-2", 1, Kind.OVERDUE),
        AlarmKey("hazard", "hz-1", 1, Kind.DUE_SOON, 1),
    ]
    assert len({key.event_id(NAMESPACE), *(other.event_id(NAMESPACE) for other in others)}) == 4


def test_closing_a_hazard_whose_alarm_was_raised_and_noted_changes_no_alarm() -> None:
    story = confirmed().overdue(local(20, 1), june(19)).submitted(local(21))
    before = clock_of(story)
    after = clock_of(story.closed(local(22)))
    assert changes(before, after) == []
