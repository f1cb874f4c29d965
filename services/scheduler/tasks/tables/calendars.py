"""The tasks of a place as a calendar shows them: those that were withdrawn, too, since they stood in it before."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from services.chassis.storage.database import Connection
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables.rows import task_of

_OF_COUNTY: Final = "county = {0}"
_OF_UNIT: Final = "(lead_unit = {0} OR position(' ' || {0} || ' ' IN helper_units) > 0)"


async def of_place(
    connection: Connection, *, county: str | None, unit: str | None, due_from: date, due_to: date, limit: int
) -> list[tuple[Task, int]]:
    """Return up to `limit` tasks due within these days in order of their last day, each with its row's revision.

    `unit` leads or helps; None restricts nothing.
    """
    conditions = ["due_on BETWEEN $1 AND $2"]
    values: list[Any] = [due_from, due_to, limit]
    for condition, value in ((_OF_COUNTY, county), (_OF_UNIT, unit)):
        if value is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))
    rows = await connection.fetch(
        f"""SELECT task, revision FROM task WHERE {" AND ".join(conditions)}
             ORDER BY due_on, task_id LIMIT $3""",  # noqa: S608 - the conditions above
        *values,
    )
    return [(task_of(row["task"]), row["revision"]) for row in rows]
