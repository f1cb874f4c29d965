"""The year's scheduler with one bug planted into it, named by DUBAN_PLANTED_BUG: can the audit fail?"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from deploy.demo.year import scheduler
from duban_contracts.events.tasks import TaskOverdue, TaskState
from services.chassis.publishing.envelopes import uuid7
from services.chassis.storage.database import Connection
from services.scheduler.alarms import handlers as raising
from services.scheduler.alarms.model import Alarm, AlarmKey
from services.scheduler.tasks.handlers import tell
from services.scheduler.tasks.model import called_for
from services.scheduler.tasks.model.task import OPEN, Task, facts


def alarm_without_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget once that an alarm was raised, and give it no id of its own."""
    raise_passed, again = raising.raise_passed, set[str]()

    async def raise_and_forget(source: Any, *, deps: Any) -> int:
        raised: int = await raise_passed(source, deps=deps)
        async with deps.database.transaction() as connection:
            rows = await connection.fetch(
                """UPDATE alarm SET state = 'armed', raised_at = NULL
                    WHERE kind = 'overdue' AND state = 'raised' AND NOT subject_id = ANY($1) RETURNING subject_id""",
                list(again),
            )
        again.update(row["subject_id"] for row in rows)
        return raised

    monkeypatch.setattr(raising, "raise_passed", raise_and_forget)
    monkeypatch.setattr(AlarmKey, "event_id", lambda *_: uuid7())


def lateness_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say that a deadline passed, and leave the task as if it had not."""

    def unmarked(task: Task, at: Any) -> TaskOverdue:
        return TaskOverdue(task=facts(task), occurred_at=at, about=facts(task).as_subject())

    monkeypatch.setattr(tell, "mark_overdue", unmarked)


def punctual_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the alarms of what was filed in time armed."""
    monkeypatch.setattr(called_for, "OPEN", OPEN | {TaskState.SUBMITTED, TaskState.ACCEPTED})


def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mark every second alarm raised and say nothing."""
    mark = tell._mark

    async def half(connection: Connection, alarms: Sequence[Alarm], taskbook: Any) -> None:
        if said := [alarm for alarm in alarms if int(alarm.due.about.id[-1], 16) % 2]:
            await mark(connection, said, taskbook)

    monkeypatch.setattr(tell, "_mark", half)


BUGS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "none": lambda _monkeypatch: None,
    "alarm-without-key": alarm_without_key,
    "lateness-forgotten": lateness_forgotten,
    "punctual-accused": punctual_accused,
    "silent": silent,
}


if __name__ == "__main__":
    BUGS[os.environ["DUBAN_PLANTED_BUG"]](pytest.MonkeyPatch())
    scheduler.play()
