"""Plan reminders afresh after somebody edited the calendar or tasks.json.

Deadlines keep the instant they were given; only what was not yet sent moves. What moves into the past is sent at once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from duban_contracts.events.tasks import TASK
from services.chassis.storage.database import Connection, Database
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Alarm, AlarmState, Kind
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.model.called_for import called_for
from services.scheduler.tasks.tables import audit as table
from services.scheduler.tasks.tables import rows

_log = structlog.get_logger(__name__)
_PAGE: Final = 1000
_WAITING: Final = frozenset({AlarmState.ARMED, AlarmState.HELD})


async def plan_reminders(database: Database, *, taskbook: Taskbook) -> int:
    """Bring the reminders ahead in line with the policy unless that was done for its files; return how many moved.

    Safe to run in several processes at once.
    """
    async with database.acquire() as connection:
        if await table.basis(connection) == taskbook.basis:
            return 0
    moved, after = 0, ""
    while True:
        async with database.transaction() as connection:
            page = [task.task_id for task in await rows.owed_page(connection, after, _PAGE)]
            if page:
                moved += await _plan(connection, page, taskbook)
        if not page:
            break
        after = page[-1]
    async with database.transaction() as connection:
        await table.save_basis(connection, taskbook.basis)
    _log.info("reminders of tasks planned by the present calendar and policy", moved=moved)
    return moved


async def _plan(connection: Connection, task_ids: list[str], taskbook: Taskbook) -> int:
    tasks = await rows.lock(connection, task_ids)
    waiting: dict[str, list[Alarm]] = defaultdict(list)
    for alarm in await alarm_table.of_subjects(connection, TASK, task_ids):
        if alarm.state in _WAITING and alarm.kind is not Kind.OVERDUE:
            waiting[alarm.due.about.id].append(alarm)
    now = taskbook.clock.now()
    changed: list[Alarm] = []
    for task in tasks:
        called = [alarm for alarm in called_for(task, taskbook.policy) if alarm.kind is not Kind.OVERDUE]
        changed.extend(_changed(waiting[task.task_id], called, now))
    await alarm_table.save(connection, changed)
    return len(changed)


def _changed(waiting: list[Alarm], called: list[Alarm], now: datetime) -> list[Alarm]:
    """Return the reminders to write: new ones ahead, moved ones (at once where that is past), and those taken back."""
    old, new = {alarm.key: alarm for alarm in waiting}, {alarm.key: alarm for alarm in called}
    moved = [
        replace(alarm, fires_at=max(alarm.fires_at, min(now, old[key].fires_at)))
        for key, alarm in new.items()
        if key in old and alarm != old[key]
    ]
    added = [alarm for key, alarm in new.items() if key not in old and alarm.fires_at > now]
    taken_back = [replace(alarm, state=AlarmState.WITHDRAWN) for key, alarm in old.items() if key not in new]
    return [*moved, *added, *taken_back]
