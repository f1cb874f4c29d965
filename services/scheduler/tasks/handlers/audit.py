"""The self-audit over tasks: what should have been said against what was. Nobody should have to notice it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from duban_contracts.events.tasks import TASK
from services.chassis.storage.database import Connection, Database
from services.scheduler import metrics
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Alarm
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.model.audit import Finding, Reason, alarms_missing
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables import audit as table
from services.scheduler.tasks.tables import rows

_log = structlog.get_logger(__name__)
_PAGE: Final = 2000
_SHOWN: Final = 1000
_LOGGED: Final = 10


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
    findings: tuple[Finding, ...]


async def look(*, deps: Deps) -> TaskAudit:
    """Return what is not as it should be. No move lies between two of its looks."""
    clock = deps.taskbook.clock
    before = clock.at(clock.wall() - deps.missed_after)
    async with deps.database.transaction() as connection:
        await table.stand_still(connection)
        findings = [
            *_because(Reason.NOT_ASSIGNED, await table.unopened(connection, before, _SHOWN)),
            *_because(Reason.NOT_RAISED, await table.unmarked(connection, before, _SHOWN)),
            *_because(Reason.NOT_MARKED_LATE, await table.accused(connection, _SHOWN)),
            *_because(Reason.ALARM_LEFT, await table.still_armed(connection, _SHOWN)),
        ]
        compared, missing = await _compare(connection, deps)
    return TaskAudit(clock.now(), compared, (*findings, *missing))


async def audit(*, deps: Deps) -> TaskAudit:
    """Look, export the number of findings and log the first of them."""
    found = await look(deps=deps)
    metrics.TASKS_WRONG.set(len(found.findings))
    for finding in found.findings[:_LOGGED]:
        _log.error("task audit", task_id=finding.task_id, due_at=finding.due_at.isoformat(), reason=finding.reason)
    return found


def _because(reason: Reason, tasks: list[Task]) -> list[Finding]:
    return [Finding.about(task, reason) for task in tasks]


async def _compare(connection: Connection, deps: Deps) -> tuple[int, list[Finding]]:
    """Hold every task that is owed or under review against its alarms, a page at a time."""
    compared, found, after = 0, list[Finding](), ""
    while page := await rows.owed_page(connection, after, _PAGE):
        after = page[-1].task_id
        compared += len(page)
        alarms: dict[str, list[Alarm]] = defaultdict(list)
        for alarm in await alarm_table.of_subjects(connection, TASK, [task.task_id for task in page]):
            alarms[alarm.due.about.id].append(alarm)
        wrong = [task for task in page if alarms_missing(task, alarms[task.task_id], deps.taskbook.policy)]
        found.extend(_because(Reason.ALARM_MISSING, wrong))
    return compared, found[:_SHOWN]
