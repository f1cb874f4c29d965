"""Tell the alarms about tasks: 任务逾期 marks the task late in the same transaction; reminders change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.tasks import TASK, TaskDueSoon, TaskEvent, TaskReminded
from services.chassis.publishing.envelopes import new_event
from services.chassis.storage.database import Connection
from services.scheduler.alarms.handlers import Source
from services.scheduler.alarms.model import Alarm, Kind
from services.scheduler.tasks.handlers.taskbook import SOURCE, Taskbook, moving
from services.scheduler.tasks.model.called_for import NAMESPACE
from services.scheduler.tasks.model.task import Task, facts
from services.scheduler.tasks.moves import mark_overdue
from services.scheduler.tasks.tables import rows

# Nothing is on its way that could excuse a deadline: whoever submits holds the task until that is committed.
_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)


def task_alarms(taskbook: Taskbook) -> Source:
    """Return the source of alarms about tasks, whose events go to the tasks' own topic."""

    async def known_through(_: Connection) -> datetime | None:
        return _ALWAYS

    async def in_doubt(_: Connection) -> Sequence[str]:
        return ()

    async def tell(connection: Connection, alarms: Sequence[Alarm]) -> Sequence[CloudEvent]:
        if alarms[0].kind is Kind.OVERDUE:
            await _mark(connection, alarms, taskbook)
            return ()
        tasks = {task.task_id: task for task in await rows.lock(connection, [alarm.due.about.id for alarm in alarms])}
        return [_event(alarm, tasks[alarm.due.about.id], taskbook) for alarm in alarms]

    return Source(
        subject_kind=TASK,
        topic=taskbook.topic,
        known_through=known_through,
        in_doubt=in_doubt,
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
