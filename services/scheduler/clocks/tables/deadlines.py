"""The list of deadlines, in order of due instant, for those who ask over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import asyncpg

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.database import Connection
from services.scheduler.alarms.model import AlarmState

_COLUMNS: Final = {
    Dimension.COUNTY: "county",
    Dimension.TOWNSHIP: "township",
    Dimension.SECTOR: "sector",
    Dimension.UNIT: "responsible_unit",
    Dimension.ENTERPRISE: "enterprise_uscc",
}

Position = tuple[datetime, str, int]
"""Where a page ended: due instant, hazard id, number of the deadline."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of the deadlines in the caller's scope: `state` is that of their 督办逾期."""

    state: AlarmState | None = None
    due_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """One deadline in a list; `state` is that of its 督办逾期."""

    hazard_id: str
    number: str
    county: str
    sector: str
    deadline_number: int
    deadline_on: date
    due_at: datetime
    state: AlarmState
    raised_at: datetime | None
    recalled_at: datetime | None


async def find(
    connection: Connection, scope: Scope, wanted: Filter, *, after: Position | None, limit: int
) -> list[DeadlineRow]:
    """Return up to `limit` deadlines in order of due instant, behind `after`."""
    conditions, values = scope.where(_COLUMNS, first=7)
    due_at, hazard_id, number = after or (None, None, None)
    rows = await connection.fetch(
        f"""SELECT hazard_id, number, county, sector, alarm.deadline_number, deadline_on, alarm.due_at, alarm.state,
                   alarm.raised_at, alarm.recalled_at
              FROM alarm JOIN hazard_clock ON hazard_id = subject_id
             WHERE subject_kind = 'hazard' AND alarm.kind = 'overdue'
               AND ($1::text IS NULL OR alarm.state = $1)
               AND alarm.due_at < coalesce($2::timestamptz, 'infinity')
               AND (alarm.due_at, subject_id, alarm.deadline_number)
                   > (coalesce($3::timestamptz, '-infinity'), coalesce($4::text, ''), coalesce($5::int, 0))
               AND {" AND ".join(["true", *conditions])}
             ORDER BY alarm.due_at, subject_id, alarm.deadline_number
             LIMIT $6""",  # noqa: S608 - our own columns
        wanted.state,
        wanted.due_before,
        due_at,
        hazard_id,
        number,
        limit,
        *values,
    )
    return [_row(row) for row in rows]


def _row(row: asyncpg.Record) -> DeadlineRow:
    return DeadlineRow(**{**row, "state": AlarmState(row["state"])})
