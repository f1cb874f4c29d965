"""A policy or calendar that is edited may move reminders into the past: the nearest is said at once, by a clock that runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from duban_contracts.testing.calendar import june, local
from services.scheduler.alarms.model import Alarm, AlarmState, Kind
from services.scheduler.clocks.model.called_for import called_for, overtaken_by_plan, turned
from services.scheduler.tests.builders import POLICY, clock_of, running

STORY = running(june(19))
NOW = local(12, 12)
# By the edited policy the reminder seven days ahead was due on the 12th at nine.
EDITED = replace(POLICY, reminder_days=dict.fromkeys(POLICY.reminder_days, (7, 3, 1)))


def planned() -> list[Alarm]:
    return [alarm for alarm in called_for(clock_of(STORY), "JC-1", EDITED) if alarm.kind is Kind.DUE_SOON]


def test_what_the_edited_plan_has_in_the_past_is_said_at_once() -> None:
    later = [replace(alarm, fires_at=NOW + timedelta(days=3), state=AlarmState.HELD) for alarm in planned()]
    found = overtaken_by_plan(clock_of(STORY), later, EDITED, NOW)
    assert [(alarm.days_before, alarm.fires_at, alarm.state) for alarm in found] == [(7, NOW, AlarmState.ARMED)]


def test_nothing_is_said_of_a_plan_that_lies_ahead_or_of_another_deadline() -> None:
    clock = clock_of(STORY)
    assert overtaken_by_plan(clock, planned(), POLICY, NOW) == []
    others = [replace(alarm, due=replace(alarm.due, number=2)) for alarm in planned()]
    assert overtaken_by_plan(clock, others, EDITED, NOW) == []


def test_while_a_submission_is_reviewed_nobody_is_reminded() -> None:
    in_review = clock_of(STORY.submitted(local(10, 9)))
    assert overtaken_by_plan(in_review, planned(), EDITED, NOW) == []


def test_a_clock_has_turned_when_it_is_new_changes_its_state_or_gets_another_deadline() -> None:
    clock = clock_of(STORY)
    assert turned(None, clock)
    assert not turned(clock, clock)
    assert turned(clock, clock_of(STORY.submitted(local(10, 9))))
    assert turned(clock, clock_of(STORY.extended(local(10, 9), june(26))))
