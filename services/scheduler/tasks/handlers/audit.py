"""The self-audit over tasks: what should have been said against what was. Nobody should have to notice it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from services.chassis.storage.database import Connection, Database
from services.scheduler import metrics
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.model.audit import Discrepancy, TaskDiscrepancy
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables import audit as table

_log = structlog.get_logger(__name__)
_SHOWN: Final = 1000
_LOGGED: Final = 10
# What was said earlier was looked at for so long, every minute, and late is never taken back.
_LOOKED_BACK: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the audit. Something is missing when it was due `missed_after` (wall) ago."""

    database: Database
    taskbook: Taskbook
    missed_after: timedelta


@dataclass(frozen=True, slots=True)
class TaskAudit:
    """What the audit found at `as_of`; `compared` tasks were held against their alarms."""

    as_of: datetime
    compared: int
    findings: tuple[TaskDiscrepancy, ...]


async def look(*, deps: Deps) -> TaskAudit:
    """Return what is not as it should be. No move lies between two of its looks."""
    clock = deps.taskbook.clock
    before = clock.at(clock.wall() - deps.missed_after)
    async with deps.database.transaction() as connection:
        await table.stand_still(connection)
        findings = [
            *_because(Discrepancy.NOT_ASSIGNED, await table.unopened(connection, before, _SHOWN)),
            *await _unraised(connection, before, deps.taskbook),
            *_because(Discrepancy.NOT_MARKED_LATE, await table.accused(connection, before - _LOOKED_BACK, _SHOWN)),
            *_because(Discrepancy.ALARM_LEFT, await table.still_armed(connection, _SHOWN)),
        ]
        compared, contradicting = await table.contradicting(connection, _SHOWN)
    findings += _because(Discrepancy.ALARM_MISSING, contradicting)
    return TaskAudit(clock.now(), compared, tuple(findings))


async def audit(*, deps: Deps) -> TaskAudit:
    """Look, export the number of findings and log the first of them."""
    found = await look(deps=deps)
    metrics.TASKS_WRONG.set(len(found.findings))
    for finding in found.findings[:_LOGGED]:
        _log.error("task audit", task_id=finding.task_id, due_at=finding.due_at.isoformat(), reason=finding.reason)
    return found


async def _unraised(connection: Connection, before: datetime, taskbook: Taskbook) -> list[TaskDiscrepancy]:
    """Return the deadlines that passed without 任务逾期, and whether that is because their county is behind."""
    reading = await taskbook.hearing.so_far(connection)

    def why(task: Task) -> Discrepancy:
        known = reading is not None and task.due_at < reading.of(task.plan.county)
        return Discrepancy.NOT_RAISED if known else Discrepancy.COUNTY_BEHIND

    return [TaskDiscrepancy.about(task, why(task)) for task in await table.unmarked(connection, before, _SHOWN)]


def _because(reason: Discrepancy, tasks: list[Task]) -> list[TaskDiscrepancy]:
    return [TaskDiscrepancy.about(task, reason) for task in tasks]
