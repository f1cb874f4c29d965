"""SQL of accidents, their measures and their history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import asyncpg
import msgspec

from duban_contracts.events.types import Enterprise
from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.accidents.model import Accident, AccidentEntry, Measure
from services.ledger.accidents.moves import Made

Position = tuple[date, str]
"""Where a page of accidents ended: the day, the id."""
OwedPosition = tuple[date, str, int]
"""Where a page of what is late ended: the last day, the accident's id, the measure's number (0: the evaluation)."""


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an accident still owes: the measure of this number, or (0) its evaluation, until the end of `due_on`."""

    accident_id: str
    number: str
    county: str
    sector: str
    enterprise_name: str
    measure: int
    text: str | None
    unit: str | None
    post: str | None
    due_on: date


_ACCIDENT: Final = Columns[Accident](
    {
        "accident_id": "uuid",
        "number": "text",
        "county": "text",
        "sector": "text",
        "enterprise_name": ("text", "enterprise.name"),
        "enterprise_uscc": ("text", "enterprise.uscc"),
        "place": "text",
        "happened_on": "date",
        "grade": ("text", "grade.value"),
        "deaths": "integer",
        "serious_injuries": "integer",
        "course": "text",
        "state": ("text", "state.value"),
        "look_back_on": "date",
        "document": "text",
        "closed_by": "text",
        "version": "integer",
    }
)
_MEASURE: Final = Columns[tuple[str, Measure]](
    {
        "accident_id": ("uuid", lambda row: row[0]),
        "number": ("integer", lambda row: row[1].number),
        "measure": ("text", lambda row: row[1].measure),
        "unit": ("text", lambda row: row[1].unit),
        "post": ("text", lambda row: row[1].post),
        "deadline_on": ("date", lambda row: row[1].deadline_on),
        "state": ("text", lambda row: row[1].state.value),
        "hazard_id": ("uuid", lambda row: row[1].hazard_id),
        "hazard_number": ("text", lambda row: row[1].hazard_number),
        "done_by": ("text", lambda row: row[1].done_by),
    }
)
_ENTRY: Final = Columns[Made](
    {
        "accident_id": ("uuid", "accident.accident_id"),
        "version": ("integer", "entry.version"),
        "move": ("text", "entry.move"),
        "at": ("timestamptz", "entry.at"),
        "by": ("text", "entry.by"),
        "unit": ("text", "entry.unit"),
        "measure": ("integer", "entry.measure"),
        "text": ("text", "entry.text"),
    }
)
_SAVE: Final = _ACCIDENT.upsert("accident", ["accident_id"])
_SAVE_MEASURE: Final = _MEASURE.upsert("accident_measure", ["accident_id", "number"])
_SCOPED: Final = {Dimension.COUNTY: "county", Dimension.SECTOR: "sector"}
# The states are written out, so that the partial indexes of what is owed are taken.
_OWED: Final = """
SELECT accident_id::text, accident.number, county, sector, enterprise_name, each.number AS measure, each.measure AS text,
       unit, post, deadline_on AS due_on
  FROM accident_measure AS each JOIN accident USING (accident_id) WHERE each.state = 'open' AND deadline_on < $1
UNION ALL
SELECT accident_id::text, number, county, sector, enterprise_name, 0, NULL, NULL, NULL, look_back_on
  FROM accident WHERE state = 'closed' AND look_back_on < $1"""


async def next_serial(connection: Connection, county: str, year: int) -> int:
    """Return the next number of this county and year; one that is not used is given back with the transaction."""
    serial: int = await connection.fetchval(
        """INSERT INTO accident_serial (county, year, last) VALUES ($1, $2, 1)
           ON CONFLICT (county, year) DO UPDATE SET last = accident_serial.last + 1 RETURNING last""",
        county,
        year,
    )
    return serial


async def save(connection: Connection, made: Made) -> None:
    """Write an accident as a move left it, the measure that it was about, and the step of its history."""
    accident = made.accident
    await connection.execute(_SAVE, *_ACCIDENT.arguments([accident]))
    touched = None if made.entry.measure is None else accident.measure(made.entry.measure)
    if touched is not None:
        await connection.execute(_SAVE_MEASURE, *_MEASURE.arguments([(accident.accident_id, touched)]))
    await _ENTRY.put(connection, "accident_entry", [made])


async def find(connection: Connection, accident_id: str, *, lock: bool = False) -> Accident | None:
    """Return an accident with its measures, with `lock` held until the transaction ends, or None."""
    row = await connection.fetchrow(
        f"SELECT {_ACCIDENT.names} FROM accident WHERE accident_id = $1 {'FOR UPDATE' if lock else ''}",  # noqa: S608 - ours
        accident_id,
    )
    return (await _whole(connection, [row]))[0] if row else None


async def page(
    connection: Connection, scope: Scope, *, state: str | None, after: Position | None, limit: int
) -> list[Accident]:
    """Return up to `limit` accidents in order of their days, behind `after`."""
    conditions, values = scope.where(_SCOPED)
    if state is not None:
        values.append(state)
        conditions.append(f"state = ${len(values)}")
    if after is not None:
        values += after
        conditions.append(f"(happened_on, accident_id) > (${len(values) - 1}, ${len(values)}::uuid)")
    rows = await connection.fetch(
        f"""SELECT {_ACCIDENT.names} FROM accident WHERE {" AND ".join(["true", *conditions])}
             ORDER BY happened_on, accident_id LIMIT ${len(values) + 1}""",  # noqa: S608 - our own columns
        *values,
        limit,
    )
    return await _whole(connection, rows)


async def owed(
    connection: Connection, scope: Scope, *, before: date, after: OwedPosition | None, limit: int
) -> list[Owed]:
    """Return up to `limit` measures and evaluations that are owed since before the day `before`, the oldest first."""
    conditions, values = scope.where(_SCOPED, first=3)
    if after is not None:
        values += after
        day, accident, measure = (f"${2 + len(values) - back}" for back in (2, 1, 0))
        conditions.append(f"(due_on, accident_id, measure) > ({day}::date, {accident}::text, {measure}::integer)")
    rows = await connection.fetch(
        f"""SELECT * FROM ({_OWED}) AS owed WHERE {" AND ".join(["true", *conditions])}
             ORDER BY due_on, accident_id, measure LIMIT $2""",  # noqa: S608 - our own columns
        before,
        limit,
        *values,
    )
    return [Owed(**dict(row)) for row in rows]


async def last_step_at(connection: Connection, accident_id: str) -> datetime:
    """Return when the last step of an accident happened; whoever makes the next one holds the accident."""
    at: datetime = await connection.fetchval(
        "SELECT at FROM accident_entry WHERE accident_id = $1 ORDER BY version DESC LIMIT 1", accident_id
    )
    return at


async def histories(connection: Connection, accident_ids: Sequence[str]) -> dict[str, list[AccidentEntry]]:
    """Return the steps of these accidents, the first one first."""
    rows = await connection.fetch(
        f"SELECT {_ENTRY.names} FROM accident_entry WHERE accident_id = ANY($1::uuid[]) ORDER BY version",  # noqa: S608
        accident_ids,
    )
    found: dict[str, list[AccidentEntry]] = defaultdict(list)
    for row in rows:
        values = dict(row)
        found[str(values.pop("accident_id"))].append(AccidentEntry(**values))
    return found


async def _whole(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[Accident]:
    """Return the accidents of these rows with their measures."""
    ids = [row["accident_id"] for row in rows]
    measures: dict[str, list[Measure]] = defaultdict(list)
    for row in await connection.fetch(
        f"SELECT {_MEASURE.names} FROM accident_measure WHERE accident_id = ANY($1::uuid[]) ORDER BY number",  # noqa: S608
        ids,
    ):
        values = dict(row)
        values["hazard_id"] = values["hazard_id"] and str(values["hazard_id"])
        measures[str(values.pop("accident_id"))].append(msgspec.convert(values, Measure))
    return [_accident(row, measures[str(row["accident_id"])]) for row in rows]


def _accident(row: asyncpg.Record, measures: Sequence[Measure]) -> Accident:
    values: dict[str, Any] = dict(row)
    values["accident_id"] = str(values["accident_id"])
    values["enterprise"] = Enterprise(name=values.pop("enterprise_name"), uscc=values.pop("enterprise_uscc"))
    return msgspec.convert({**values, "measures": tuple(measures)}, Accident)
