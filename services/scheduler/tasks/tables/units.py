"""What each unit was asked for, saw and filed: sums that add up, one row a unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.chassis.access.scope import Scope
from services.chassis.storage.database import Connection
from services.scheduler.tasks.tables.lists import Filter, where


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit's tasks: `on_time` + `late` + `missing` + `open` + `waived` are `assigned`; `seen` of them were signed for.

    `late` were filed after their deadline; `missing` are owed and over, `open` are owed and not. Cancelled ones count
    nowhere.
    """

    county: str
    unit: str
    assigned: int = 0
    seen: int = 0
    on_time: int = 0
    late: int = 0
    missing: int = 0
    open: int = 0
    waived: int = 0
    last_assigned_at: datetime | None = None
    last_seen_at: datetime | None = None
    last_filed_at: datetime | None = None


async def by_unit(
    connection: Connection, scope: Scope, *, due_from: date, due_to: date, now: datetime, kind: str | None = None
) -> list[UnitRow]:
    """Return the sums of the tasks whose last day lies within these days, in order of county and unit."""
    conditions, values = where(scope, Filter(due_from=due_from, due_to=due_to, kind=kind))
    values.append(now)
    rows = await connection.fetch(
        f"""SELECT county, lead_unit AS unit, count(*) AS assigned,
                   count(*) FILTER (WHERE task ->> 'acknowledged_at' IS NOT NULL) AS seen,
                   count(*) FILTER (WHERE state IN ('submitted', 'accepted') AND NOT late) AS on_time,
                   count(*) FILTER (WHERE state IN ('submitted', 'accepted') AND late) AS late,
                   count(*) FILTER (WHERE state IN ('assigned', 'acknowledged', 'returned')
                                      AND due_at <= ${len(values)}) AS missing,
                   count(*) FILTER (WHERE state IN ('assigned', 'acknowledged', 'returned')
                                      AND due_at > ${len(values)}) AS open,
                   count(*) FILTER (WHERE state = 'waived') AS waived,
                   max((task ->> 'assigned_at')::timestamptz) AS last_assigned_at,
                   max((task ->> 'acknowledged_at')::timestamptz) AS last_seen_at,
                   max(submitted_at) AS last_filed_at
              FROM task WHERE {conditions} AND state NOT IN ('planned', 'cancelled')
             GROUP BY county, lead_unit ORDER BY county, lead_unit""",  # noqa: S608 - our own columns
        *values,
    )
    return [UnitRow(**row) for row in rows]
