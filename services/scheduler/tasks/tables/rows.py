"""Task rows and their history: locked for update, and written a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from services.chassis.publishing.unit_of_work import Change
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.tasks.model.task import Task

_TASK: Final = msgspec.json.Decoder(Task)
# Written out in the statement, as for alarms: with a parameter the driver's generic plan reads all of the table.
OPENING_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """One event of a task as it was published; `payload` is its JSON."""

    version: int
    event_id: str
    type: str
    time: datetime
    payload: bytes


# What moves change of a row; the rest stands as it was planned.
_MOVED: Final = Columns[Task](
    {
        "task_id": "text",
        "state": ("text", "state.value"),
        "late": "boolean",
        "due_on": "date",
        "due_at": "timestamptz",
        "deadline_number": "int",
        "version": "int",
        "submitted_at": "timestamptz",
        "ended_at": "timestamptz",
        "task": ("jsonb", lambda task: msgspec.json.encode(task).decode()),
    }
)
_HISTORY: Final = Columns[Change[Task]](
    {
        "task_id": ("text", "after.task_id"),
        "version": ("int", "after.version"),
        "event_id": ("text", "event.id"),
        "type": ("text", "event.type"),
        "time": ("timestamptz", "event.time"),
        "payload": ("bytea", "event.data"),
    }
)
_UPDATE: Final = _MOVED.update("task", ["task_id"])
_APPEND: Final = _HISTORY.insert("task_history")
# Two looks, each by its own index: an OR of both would need a bitmap scan, which this service does without.
_NAMED: Final = "SELECT {0} FROM task WHERE task_id = $1 UNION ALL SELECT {0} FROM task WHERE number = $1 LIMIT 1"

# $1 now
OPENING: Final = """
SELECT task FROM task WHERE state = 'planned' AND opens_at <= $1
 ORDER BY opens_at LIMIT 500 FOR UPDATE SKIP LOCKED"""


def task_of(text: str | bytes) -> Task:
    """Return the task of a row's `task`."""
    return _TASK.decode(text)


async def lock(connection: Connection, task_ids: Sequence[str]) -> list[Task]:
    """Return the tasks of these ids, in order, locked until the transaction ends."""
    rows = await connection.fetch(
        "SELECT task FROM task WHERE task_id = ANY($1::text[]) ORDER BY task_id FOR UPDATE", task_ids
    )
    return [task_of(row["task"]) for row in rows]


async def hold_free(connection: Connection, task_ids: Sequence[str]) -> list[str]:
    """Lock those of these tasks that nobody else holds, until the transaction ends, and return their ids."""
    rows = await connection.fetch(
        "SELECT task_id FROM task WHERE task_id = ANY($1::text[]) ORDER BY task_id FOR UPDATE SKIP LOCKED", task_ids
    )
    return [row["task_id"] for row in rows]


async def opening(connection: Connection, now: datetime) -> list[Task]:
    """Return up to OPENING_BATCH planned tasks whose window has opened, locked; those that another holds are skipped."""
    return [task_of(row["task"]) for row in await connection.fetch(OPENING, now)]


async def id_of(connection: Connection, name: str) -> str | None:
    """Return the id of the task whose id or number is `name`, or None."""
    found: str | None = await connection.fetchval(_NAMED.format("task_id"), name)
    return found


async def ids_of(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    """Return the ids of the tasks whose id or number is among `names`, by both; an unknown one is left out."""
    found = await connection.fetch(
        """SELECT task_id, number FROM task WHERE task_id = ANY($1::text[])
           UNION SELECT task_id, number FROM task WHERE number = ANY($1::text[])""",
        names,
    )
    return {name: row["task_id"] for row in found for name in (row["task_id"], row["number"])}


async def find(connection: Connection, name: str) -> Task | None:
    """Return the task whose id or number is `name`, or None."""
    row = await connection.fetchrow(_NAMED.format("task"), name)
    return None if row is None else task_of(row["task"])


async def owed_page(connection: Connection, after: str, limit: int) -> list[Task]:
    """Return up to `limit` tasks that are owed or wait for their acceptance, in order of id behind `after`."""
    found = await connection.fetch(
        """SELECT task FROM task
            WHERE task_id > $1 AND state IN ('assigned', 'acknowledged', 'returned', 'submitted')
            ORDER BY task_id LIMIT $2""",
        after,
        limit,
    )
    return [task_of(row["task"]) for row in found]


async def save(connection: Connection, changes: Sequence[Change[Task]]) -> None:
    """Write the rows and the history of what changed."""
    latest = {change.after.task_id: change.after for change in changes}
    await connection.execute(_UPDATE, *_MOVED.arguments(latest[task_id] for task_id in sorted(latest)))
    await connection.execute(_APPEND, *_HISTORY.arguments(changes))


async def history(connection: Connection, task_id: str) -> list[PublishedEvent]:
    """Return the history of a task, oldest first."""
    found = await connection.fetch(
        "SELECT version, event_id, type, time, payload FROM task_history WHERE task_id = $1 ORDER BY version", task_id
    )
    return [PublishedEvent(**row) for row in found]


async def keep_form(connection: Connection, task: Task, form: Mapping[str, Any]) -> None:
    """Keep what was filled in with the newest event of `task`."""
    await connection.execute(
        "INSERT INTO task_form (task_id, version, form) VALUES ($1, $2, $3)",
        task.task_id,
        task.version,
        msgspec.json.encode(form).decode(),
    )


async def form_of(connection: Connection, task_id: str) -> dict[str, Any] | None:
    """Return what was filled in last, or None."""
    text = await connection.fetchval(
        "SELECT form FROM task_form WHERE task_id = $1 ORDER BY version DESC LIMIT 1", task_id
    )
    found: dict[str, Any] | None = None if text is None else msgspec.json.decode(text)
    return found
