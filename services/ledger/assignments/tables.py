"""SQL of assignments and their history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import asyncpg
import msgspec

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.assignments.model import Assignment, AssignmentEntry
from services.ledger.assignments.moves import Made

Position = tuple[date, str]
"""Where a page ended: the day of the answer, the id."""
_ASSIGNMENT: Final = Columns[Made](
    {
        "assignment_id": ("uuid", "assignment.assignment_id"),
        "document": ("text", "assignment.document"),
        "matter": ("text", "assignment.matter"),
        "county": ("text", "assignment.county"),
        "unit": ("text", "assignment.unit"),
        "sector": ("text", "assignment.sector"),
        "hazard_id": ("uuid", "assignment.hazard_id"),
        "hazard_number": ("text", "assignment.hazard_number"),
        "given_by": ("text", "assignment.given_by"),
        "given_by_county": ("text", "assignment.given_by_county"),
        "due_on": ("date", "assignment.due_on"),
        "state": ("text", "assignment.state.value"),
        "late": ("boolean", "assignment.late"),
        "version": ("integer", "assignment.version"),
    }
)
_SAVE: Final = _ASSIGNMENT.upsert("assignment", ["assignment_id"])
_ENTRY: Final = Columns[Made](
    {
        "assignment_id": ("uuid", "assignment.assignment_id"),
        "version": ("integer", "entry.version"),
        "move": ("text", "entry.move"),
        "at": ("timestamptz", "entry.at"),
        "account": ("text", "entry.account"),
        "unit": ("text", "entry.unit"),
        "text": ("text", "entry.text"),
    }
)
_SCOPED: Final = {Dimension.COUNTY: "county", Dimension.SECTOR: "sector"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which assignments a reader of the unit `by_unit` asks for; `owed_before` those owed since before that day.

    What is of no sector is seen by the unit that was given it, whichever sectors the reader looks after.
    """

    by_unit: str | None
    state: str | None = None
    unit: str | None = None
    owed_before: date | None = None


async def save(connection: Connection, made: Made) -> None:
    """Write an assignment as a move left it, and the step of its history."""
    await connection.execute(_SAVE, *_ASSIGNMENT.arguments([made]))
    await _ENTRY.put(connection, "assignment_entry", [made])


async def find(connection: Connection, assignment_id: str, *, lock: bool = False) -> Assignment | None:
    """Return an assignment, with `lock` held until the transaction ends, or None."""
    row = await connection.fetchrow(
        f"SELECT {_ASSIGNMENT.names} FROM assignment WHERE assignment_id = $1 {'FOR UPDATE' if lock else ''}",  # noqa: S608
        assignment_id,
    )
    return _assignment(row) if row else None


async def page(
    connection: Connection, scope: Scope, wanted: Filter, *, after: Position | None, limit: int
) -> list[Assignment]:
    """Return up to `limit` assignments in order of the day on which their answer is due, behind `after`."""
    conditions, values = replace(scope, sector=None).where(_SCOPED)
    if scope.sector is not None:
        values += sorted(scope.sector), wanted.by_unit
        conditions.append(
            f"(sector = ANY(${len(values) - 1}::text[]) OR (sector IS NULL AND unit = ${len(values)}::text))"
        )
    asked: list[tuple[str, Any]] = [
        ("state = {}", wanted.state),
        ("unit = {}", wanted.unit),
        ("state = 'open' AND due_on < {}", wanted.owed_before),
    ]
    for condition, value in asked:
        if value is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))
    if after is not None:
        values += after
        conditions.append(f"(due_on, assignment_id) > (${len(values) - 1}, ${len(values)}::uuid)")
    rows = await connection.fetch(
        f"""SELECT {_ASSIGNMENT.names} FROM assignment WHERE {" AND ".join(["true", *conditions])}
             ORDER BY due_on, assignment_id LIMIT ${len(values) + 1}""",  # noqa: S608 - our own columns
        *values,
        limit,
    )
    return [_assignment(row) for row in rows]


async def histories(connection: Connection, assignment_ids: Sequence[str]) -> dict[str, list[AssignmentEntry]]:
    """Return the steps of these assignments, the first one first."""
    rows = await connection.fetch(
        f"SELECT {_ENTRY.names} FROM assignment_entry WHERE assignment_id = ANY($1::uuid[]) ORDER BY version",  # noqa: S608
        assignment_ids,
    )
    found: dict[str, list[AssignmentEntry]] = defaultdict(list)
    for row in rows:
        values = dict(row)
        found[str(values.pop("assignment_id"))].append(AssignmentEntry(**values))
    return found


def _assignment(row: asyncpg.Record) -> Assignment:
    values = dict(row)
    values["assignment_id"] = str(values["assignment_id"])
    values["hazard_id"] = values["hazard_id"] and str(values["hazard_id"])
    return msgspec.convert(values, Assignment)
