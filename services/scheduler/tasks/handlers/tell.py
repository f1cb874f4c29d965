"""Tell the alarms about tasks: 任务逾期 marks the task late in the same transaction; reminders change nothing."""

from __future__ import annotations

from collections.abc import Sequence

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.tasks import TASK, TaskDueSoon, TaskEvent, TaskReminded
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import outgoing
from services.chassis.storage.database import Connection
from services.scheduler.alarms.handlers import Known, Source
from services.scheduler.alarms.model import Alarm, Kind
from services.scheduler.tasks.handlers.taskbook import SOURCE, Taskbook, moving
from services.scheduler.tasks.model.called_for import NAMESPACE
from services.scheduler.tasks.model.task import Task, facts
from services.scheduler.tasks.moves import mark_overdue
from services.scheduler.tasks.tables import audit, rows


def task_alarms(taskbook: Taskbook) -> Source:
    """Return the source of alarms about tasks, whose events go to the tasks' own topic, and to the task's county.

    A deadline is raised only when everything is taken in that counties said before it on their topics. A county that is
    behind holds back the alarms about its own tasks.
    """

    async def known(connection: Connection) -> Known:
        reading = await taskbook.hearing.so_far(connection)
        if reading is None or not reading.behind:
            return Known(reading.applied_through if reading else None)
        return Known(reading.applied_through, await audit.passed_beyond(connection, reading))

    async def tell(connection: Connection, alarms: Sequence[Alarm]) -> Sequence[CloudEvent]:
        if alarms[0].kind is Kind.OVERDUE:
            await _mark(connection, alarms, taskbook)
            return ()
        tasks = {task.task_id: task for task in await rows.lock(connection, [alarm.due.about.id for alarm in alarms])}
        told = [(tasks[alarm.due.about.id], alarm) for alarm in alarms]
        events = [(task, _event(alarm, task, taskbook)) for task, alarm in told]
        copies = [copy for task, event in events if (copy := taskbook.copy(task, event)) is not None]
        await outbox.append(connection, [outgoing(topic, event) for topic, event in copies])
        return [event for _, event in events]

    return Source(
        subject_kind=TASK,
        topic=taskbook.topic,
        known=known,
        tell=tell,
        urges=True,
        hold=rows.hold_free,
    )


async def _mark(connection: Connection, alarms: Sequence[Alarm], taskbook: Taskbook) -> None:
    """Record 任务逾期 in the tasks' own history; its id follows from what it says."""
    held = await rows.lock(connection, sorted({alarm.due.about.id for alarm in alarms}))
    async with moving(connection, (), taskbook=taskbook, held=held) as unit:
        for alarm in alarms:
            task = unit.loaded[alarm.due.about.id]
            unit.record(mark_overdue(task, unit.at), time=unit.at, event_id=str(alarm.key.event_id(NAMESPACE)))


def _event(alarm: Alarm, task: Task, taskbook: Taskbook) -> CloudEvent:
    """Return a reminder's event. Its id follows from what it says, so that even a repetition is a duplicate."""
    payload = _reminder(alarm, task, taskbook)
    return new_event(
        payload,
        source=SOURCE,
        subject=task.task_id,
        key=task.task_id,
        time=payload.occurred_at,
        event_id=str(alarm.key.event_id(NAMESPACE)),
    )


def _reminder(alarm: Alarm, task: Task, taskbook: Taskbook) -> TaskEvent:
    raised_at = alarm.raised_at
    assert raised_at is not None  # noqa: S101 - only raised alarms become events
    if alarm.kind is Kind.STILL_DUE:
        return TaskReminded(task=facts(task), occurred_at=raised_at, about=alarm.due.about)
    return TaskDueSoon(
        task=facts(task),
        occurred_at=raised_at,
        about=alarm.due.about,
        days_left=taskbook.policy.days.days_left(alarm.due.at, raised_at),
    )
