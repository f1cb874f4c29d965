"""The forms of a year: what was filled in with the submissions that were accepted."""

from __future__ import annotations

from datetime import date

import msgspec

from services.chassis.storage.database import Connection
from services.scheduler.tasks.model.served import FiledForm


async def accepted_forms(connection: Connection, kind: str, year: int) -> list[FiledForm]:
    """Return the newest form of each accepted task of this kind whose period ends in `year`."""
    rows = await connection.fetch(
        """SELECT DISTINCT ON (task_id) task.county, task_form.form::text AS form FROM task JOIN task_form USING (task_id)
            WHERE task.kind = $1 AND task.state = 'accepted' AND task.period_end BETWEEN $2 AND $3
            ORDER BY task_id, task_form.version DESC""",
        kind,
        date(year, 1, 1),
        date(year, 12, 31),
    )
    return [FiledForm(row["county"], msgspec.json.decode(row["form"])) for row in rows]
