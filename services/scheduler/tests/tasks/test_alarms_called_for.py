"""Which alarms a task calls for. No server."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.days import Zone
from duban_contracts.deadlines.calendar import CityDays, WorkingCalendar
from duban_contracts.events.tasks import TaskState
from duban_contracts.testing.calendar import local
from services.scheduler.alarms.model import AlarmState, Kind
from services.scheduler.tasks.model.called_for import called_for, changes
from services.scheduler.tasks.model.policy import KindReminders, TaskPolicy, TaskPolicyFile, policy_of
from services.scheduler.tasks.model.task import Task
from services.scheduler.tests.builders import WEEKENDS_ONLY
from services.scheduler.tests.tasks.stage import POLICY, due_at, report

ASSIGNED_AT = local(20, month=5)


def task(due_on: date = date(2026, 6, 1), policy: TaskPolicy = POLICY, **changed: object) -> Task:
    plan, over = report(due_on=due_on), due_at(due_on, policy)
    fresh = Task(plan=plan, state=TaskState.ASSIGNED, due_on=due_on, due_at=over, version=1, owed_since=ASSIGNED_AT)
    return msgspec.structs.replace(fresh, **changed)


def moments(found: Task, policy: TaskPolicy = POLICY) -> list[tuple[str, datetime]]:
    return [(alarm.kind.value, alarm.fires_at) for alarm in called_for(found, policy)]


@pytest.mark.feature("SY08")
def test_one_reminder_before_and_one_after_on_working_days_at_the_hour_that_was_set() -> None:
    # Three days before Monday 1 June is Friday; the deadline passes at the end of Monday; the one after is on Tuesday.
    assert moments(task()) == [
        ("overdue", local(2)),
        ("due_soon", local(29, 9, month=5)),
        ("still_due", local(2, 9)),
    ]


def test_a_reminder_does_not_fall_on_a_closed_day_and_does_on_a_weekend_that_is_worked() -> None:
    # Due on Friday 5 June: the day after is a Saturday. The one after goes out on Monday, or on a Saturday that is worked.
    assert ("still_due", local(8, 9)) in moments(task(date(2026, 6, 5)))
    worked = WorkingCalendar(frozenset({2026}), {date(2026, 6, 2): "节"}, {date(2026, 6, 6): "调休"})
    policy = TaskPolicy(CityDays(WEEKENDS_ONLY.zone, worked), time(9), KindReminders(), {}, 3)
    assert ("still_due", local(6, 9)) in moments(task(date(2026, 6, 5)), policy)
    # Three days before Friday the 5th is Tuesday the 2nd, a holiday: the working day before it is Monday.
    assert ("due_soon", local(1, 9)) in moments(task(date(2026, 6, 5)), policy)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (TaskState.SUBMITTED, {AlarmState.HELD}),
        (TaskState.RETURNED, {AlarmState.ARMED}),
        (TaskState.ACCEPTED, set()),
        (TaskState.WAIVED, set()),
        (TaskState.CANCELLED, set()),
    ],
)
def test_what_is_under_review_holds_them_and_what_has_ended_calls_for_none(
    state: TaskState, expected: set[AlarmState]
) -> None:
    assert {alarm.state for alarm in called_for(task(state=state), POLICY)} == expected


@given(
    state=st.sampled_from([TaskState.SUBMITTED, TaskState.ACCEPTED]),
    after=st.timedeltas(timedelta(microseconds=-2), timedelta(days=40)),
    then=st.timedeltas(timedelta(0), timedelta(days=40)),
)
def test_what_is_filed_late_takes_the_word_about_its_deadline_not_back_and_what_is_filed_in_time_does(
    state: TaskState, after: timedelta, then: timedelta
) -> None:
    owed = task()
    now = owed.due_at + after
    filed = msgspec.structs.replace(owed, state=TaskState.SUBMITTED, submitted_at=now, changed_at=now)
    alarms = {alarm.key: alarm for alarm in called_for(owed, POLICY)}
    alarms |= {alarm.key: alarm for alarm in changes(owed, filed, POLICY)}
    if state is TaskState.ACCEPTED:
        accepted = msgspec.structs.replace(filed, state=state, changed_at=now + then)
        alarms |= {alarm.key: alarm for alarm in changes(filed, accepted, POLICY)}
    late = after > timedelta(0)
    armed = [alarm.kind for alarm in alarms.values() if alarm.state is AlarmState.ARMED]
    assert armed == ([Kind.OVERDUE] if late else [])


def test_nobody_is_urged_about_a_deadline_that_had_passed_before_it_was_asked_for() -> None:
    assert called_for(task(owed_since=local(3)), POLICY) == []


def test_nobody_is_reminded_of_what_was_just_said() -> None:
    assert "due_soon" not in dict(moments(task(owed_since=local(30, month=5))))


def test_an_alarm_of_a_deadline_that_passed_is_excused_when_the_task_is_accepted_before_it_was_said() -> None:
    submitted = task(state=TaskState.SUBMITTED, submitted_at=local(1, 9))
    accepted = msgspec.structs.replace(submitted, state=TaskState.ACCEPTED, changed_at=local(3))
    ends = {alarm.kind: alarm.state for alarm in changes(submitted, accepted, POLICY)}
    assert ends[Kind.OVERDUE] is AlarmState.EXCUSED
    assert ends[Kind.STILL_DUE] is AlarmState.WITHDRAWN


def test_a_kind_has_its_own_policy_as_data() -> None:
    file = msgspec.json.decode(
        b'{"time": "10:30", "kinds": {"report": {"before": [5, 1], "after": null}}}', type=TaskPolicyFile
    )
    policy = policy_of(WEEKENDS_ONLY, file)
    assert moments(task(), policy) == [
        ("overdue", local(2)),
        ("due_soon", local(29, 10, 30, month=5)),
        ("due_soon", local(27, 10, 30, month=5)),
    ]


def test_months_do_not_drift_and_the_year_turns_at_its_own_midnight() -> None:
    ends = [date(2028, 1, 31), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1)]
    assert [
        WEEKENDS_ONLY.zone.local(WEEKENDS_ONLY.passes_at(day, local(1, month=5))).isoformat()[:16] for day in ends
    ] == [
        "2028-02-01T00:00",
        "2028-03-01T00:00",
        "2027-01-01T00:00",
        "2027-01-02T00:00",
    ]


def test_a_zone_is_a_zone_and_no_offset() -> None:
    """Shanghai kept summer time until 1991; another city may keep it today."""
    berlin = CityDays(Zone("Europe/Berlin"), WEEKENDS_ONLY.calendar)
    policy = TaskPolicy(berlin, time(9), KindReminders(before=(7,), after=1), {}, 3)
    # Summer time ends on Sunday 25 October 2026, between the two reminders of Thursday the 29th.
    over = berlin.passes_at(date(2026, 10, 29), local(1))
    before, after = policy.before("report", over)[7], policy.after("report", over)
    assert after is not None
    shown = [instant.astimezone(ZoneInfo("Europe/Berlin")).hour for instant in (before, after)]
    assert shown == [9, 9]
    assert (after - before).total_seconds() == (8 * 24 + 1) * 3600
