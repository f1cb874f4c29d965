"""The tasks of a place as a calendar shows them: those that were withdrawn, too, since they stood in it before."""

from __future__ import annotations

from datetime import date

from services.chassis.storage.database import Connection
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables.rows import task_of


async def of_place(
    connection: Connection, *, county: str | None, unit: str | None, due_from: date, due_to: date, limit: int
) -> list[tuple[Task, int]]:
    """Return up to `limit` tasks due within these days in order of their last day, each with its row's revision.

    `unit` leads or helps; None restricts nothing.
    """
    rows = await connection.fetch(
        """SELECT task, revision FROM task
            WHERE ($1::text IS NULL OR county = $1)
              AND ($2::text IS NULL OR lead_unit = $2 OR position(' ' || $2 || ' ' IN helper_units) > 0)
              AND due_on BETWEEN $3 AND $4
            ORDER BY due_on, task_id LIMIT $5""",
        county,
        unit,
        due_from,
        due_to,
        limit,
    )
    return [(task_of(row["task"]), row["revision"]) for row in rows]
