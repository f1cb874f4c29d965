"""The list of deadlines, in order of due instant, for those who ask over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.database import Connection
from services.scheduler.alarms.model import AlarmState

# What an alarm repeats of its hazard's clock (`migrations/alarms/0006_whose_deadline.sql`). Nobody who reads clocks is bound to a
# unit or an enterprise; whoever were would see none.
_COLUMNS: Final = {
    Dimension.COUNTY: "of_county",
    Dimension.TOWNSHIP: "of_township",
    Dimension.SECTOR: "of_sector",
}

_DEADLINE: Final = "subject_kind = 'hazard' AND kind = 'overdue'"

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
    conditions, values = scope.where(_COLUMNS, first=2)
    values.insert(0, limit)

    def add(condition: str, *given: Any) -> None:
        places = [f"${len(values) + nth}" for nth, _ in enumerate(given, start=1)]
        values.extend(given)
        conditions.append(condition.format(*places))

    if wanted.state is not None:
        add("state = {0}", wanted.state)
    if wanted.due_before is not None:
        add("due_at < {0}", wanted.due_before)
    if after is not None:
        add("(due_at, subject_id, deadline_number) > ({0}, {1}, {2})", *after)
    rows = await connection.fetch(
        f"""SELECT subject_id AS hazard_id, subject_number AS number, of_county AS county, of_sector AS sector,
                   deadline_number, deadline_on, due_at, state, raised_at, recalled_at
              FROM alarm WHERE {" AND ".join([_DEADLINE, *conditions])}
             ORDER BY due_at, subject_id, deadline_number LIMIT $1""",  # noqa: S608 - our own columns
        *values,
    )
    return [_row(row) for row in rows]


def _row(row: asyncpg.Record) -> DeadlineRow:
    return DeadlineRow(**{**row, "state": AlarmState(row["state"])})
