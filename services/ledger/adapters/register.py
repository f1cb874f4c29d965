"""Reading the ledger: one hazard, lists by keyset, counts. Filters are ANDed; None means no filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from services.chassis.storage.database import Connection
from services.ledger.adapters.hazards import COLUMNS, hazard_of
from services.ledger.domain.hazard import Hazard

Group = Literal["county", "sector", "grade", "state", "channel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an account may see: these counties, these sectors, this enterprise; None means all."""

    counties: tuple[str, ...] | None = None
    sectors: tuple[str, ...] | None = None
    enterprise_uscc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a reader asks for; `text` is looked for in number, enterprise, place and description."""

    county: str | None = None
    sector: str | None = None
    grade: str | None = None
    state: str | None = None
    channel: str | None = None
    responsible_unit: str | None = None
    overdue: bool | None = None
    reference: str | None = None
    text: str | None = None


_EQUAL: Final = (
    "county",
    "sector",
    "grade",
    "state",
    "channel",
    "responsible_unit",
    "overdue",
    "reference",
)
_TEXT: Final = "(number ILIKE {0} OR enterprise_name ILIKE {0} OR place ILIKE {0} OR description ILIKE {0})"


def _where(scope: Scope, wanted: Filter) -> tuple[list[str], list[Any]]:
    """Return the conditions and their parameters; only this module's own column names enter the text."""
    conditions: list[str] = []
    values: list[Any] = []

    def add(condition: str, value: Any) -> None:
        values.append(value)
        conditions.append(condition.format(f"${len(values)}"))

    for column in _EQUAL:
        value = getattr(wanted, column)
        if value is not None:
            add(f"{column} = {{0}}", value)
    if wanted.text:
        escaped = wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        add(_TEXT, f"%{escaped}%")
    if scope.counties is not None:
        add("county = ANY({0}::text[])", list(scope.counties))
    if scope.sectors is not None:
        add("sector = ANY({0}::text[])", list(scope.sectors))
    if scope.enterprise_uscc is not None:
        add("enterprise_uscc = {0}", scope.enterprise_uscc)
    return conditions, values


async def page(connection: Connection, scope: Scope, wanted: Filter, *, after: UUID | None, limit: int) -> list[Hazard]:
    """Return up to `limit` hazards, newest first, after hazard `after`.

    Ids grow with time, so hazards that arrive meanwhile stand before the first page and move nothing.
    """
    conditions, values = _where(scope, wanted)
    if after is not None:
        values.append(after)
        conditions.append(f"hazard_id < ${len(values)}")
    values.append(limit)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM hazard {where} ORDER BY hazard_id DESC LIMIT ${len(values)}",  # noqa: S608
        *values,
    )
    return [hazard_of(row) for row in rows]


async def count(connection: Connection, scope: Scope, wanted: Filter, by: Group | None) -> list[tuple[str | None, int]]:
    """Return (value of `by`, number of hazards) per group; without `by` one row for all."""
    conditions, values = _where(scope, wanted)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    columns, group = (f"{by}, count(*)", f"GROUP BY {by} ORDER BY {by}") if by else ("NULL, count(*)", "")
    rows = await connection.fetch(f"SELECT {columns} FROM hazard {where} {group}", *values)  # noqa: S608
    return [(row[0], row[1]) for row in rows]


async def one(connection: Connection, name: str) -> Hazard | None:
    """Return the hazard of this id or number, or None."""
    try:
        column, value = "hazard_id", UUID(name)
    except ValueError:
        column, value = "number", name  # type: ignore[assignment]
    row = await connection.fetchrow(f"SELECT {COLUMNS} FROM hazard WHERE {column} = $1", value)  # noqa: S608
    return hazard_of(row) if row else None


async def waiting_claims(
    connection: Connection, counties: Sequence[str] | None, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return claims that wait, in the order they came, of these counties (None: all)."""
    rows = await connection.fetch(
        """SELECT id, county, reference, waiting_for, topic, partition, "offset", event_id, source, type,
                  received_at, value
             FROM waiting_claim WHERE id > $1 AND ($2::text[] IS NULL OR county = ANY($2::text[]))
            ORDER BY id LIMIT $3""",
        after,
        counties,
        limit,
    )
    return [dict(row) for row in rows]


async def rejected_claims(
    connection: Connection, counties: Sequence[str] | None, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return refused claims, in the order they were refused, of these counties (None: all)."""
    rows = await connection.fetch(
        """SELECT id, county, reference, topic, partition, "offset", event_id, source, type, code, message,
                  field, rule, received_at, rejected_at, value
             FROM rejected_claim WHERE id > $1 AND ($2::text[] IS NULL OR county = ANY($2::text[]))
            ORDER BY id LIMIT $3""",
        after,
        counties,
        limit,
    )
    return [dict(row) for row in rows]
