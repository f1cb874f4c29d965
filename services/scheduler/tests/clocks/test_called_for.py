from __future__ import annotations

from datetime import datetime

from duban_contracts.deadlines.reckoning import Reckoning
from duban_contracts.events.types import Grade, Subject
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.stories import Story, registered
from services.scheduler.alarms.model import Alarm, AlarmState, Kind
from services.scheduler.clocks.model import called_for as rules
from services.scheduler.tests.builders import POLICY, clock_of, running


def called_for(story: Story) -> list[tuple[Kind, int, int, datetime, AlarmState]]:
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
    assert [a.raised_at for a in rules.called_for(clock_of(story), "JC-1", POLICY)] == [local(20, 0, 1)]


def test_a_plan_writes_nothing() -> None:
    story = confirmed()
    before = clock_of(story)
    assert changes(before, clock_of(story.planned(local(2)))) == []


def test_closing_a_hazard_whose_alarm_was_raised_and_noted_changes_no_alarm() -> None:
    story = confirmed().overdue(local(20, 1), june(19)).submitted(local(21))
    before = clock_of(story)
    after = clock_of(story.closed(local(22)))
    assert changes(before, after) == []


def test_every_alarm_is_about_the_hazard_by_its_id_and_number() -> None:
    alarms = rules.called_for(clock_of(confirmed()), "JC-1", POLICY)
    assert {alarm.due.about for alarm in alarms} == {Subject(kind="hazard", id="hz-1", number="JC-1")}
    assert {(alarm.due.on, alarm.due.at) for alarm in alarms} == {(june(19), local(20))}


def test_an_extension_reminds_of_nothing_whose_moment_was_over_when_it_was_granted() -> None:
    # The 18th at nine is one day before the 19th; the extension to the 22nd comes an hour later.
    running_on = confirmed().extended(local(18, 10), june(21))
    assert [days for _, _, days, _, _ in called_for(running_on)] == [0, 1]
    in_review = confirmed().submitted(local(17)).extended(local(18, 10), june(21))
    assert [days for _, _, days, _, _ in called_for(in_review)] == [0, 1]
    assert [days for _, _, days, _, _ in called_for(confirmed().submitted(local(17)))] == [0, 1]


def test_a_hazard_that_was_returned_is_reminded_from_then_on() -> None:
    story = confirmed().submitted(local(5)).returned(local(18, 10))
    assert called_for(story)[0][3] == local(18, 10) + (local(20) - local(5)) + (local(4) - local(3, 10))
    assert min(at for _, _, days, at, _ in called_for(story) if days) > local(18, 10)


def test_a_late_closing_excuses_the_alarm_and_an_early_one_withdraws_it() -> None:
    late, early = confirmed().submitted(local(20, 1)), confirmed().submitted(local(19))
    assert [a.state for a in changes(clock_of(late), clock_of(late.closed(local(21))))] == [AlarmState.EXCUSED]
    taken_back = changes(clock_of(early), clock_of(early.closed(local(21))))
    assert {a.state for a in taken_back} == {AlarmState.WITHDRAWN}


def test_a_hazard_without_a_grade_is_reminded_like_a_general_one() -> None:
    assert POLICY.reminders(None, local(20)) == POLICY.reminders(Grade.GENERAL, local(20))
    assert POLICY.reminders(None, local(20)) != POLICY.reminders(Grade.MAJOR, local(20))
    assert POLICY.reminders(Grade.GENERAL, local(20)) == {1: local(18, 9), 3: local(16, 9)}
