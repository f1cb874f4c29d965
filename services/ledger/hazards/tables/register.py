"""Reading the ledger: one hazard, lists by keyset, counts. Filters are ANDed; None means no filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from duban_contracts.admissible.texts import folded
from duban_contracts.events.types import HazardState
from services.chassis.access.scope import Dimension, Facts, Scope
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables.hazard_rows import COLUMNS, hazard_of

Group = Literal["county", "sector", "grade", "state", "channel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a reader asks for; `text` is looked for in number, enterprise, place and description.

    `township` narrows the scope. `reference` is the county's number, however it is written; `task` the id or number of the
    inspection that found it.
    `first_confirmed`: it is the second level's turn, also where a confirmed hazard is to be regraded.
    """

    county: str | None = None
    township: str | None = None
    sector: str | None = None
    grade: str | None = None
    state: str | None = None
    channel: str | None = None
    responsible_unit: str | None = None
    overdue: bool | None = None
    listed: bool | None = None
    listing_level: str | None = None
    first_confirmed: bool | None = None
    reference: str | None = None
    task: str | None = None
    sent_up_to: str | None = None
    text: str | None = None


# Columns by which a caller's scope is asked.
SCOPED: Final = {
    Dimension.COUNTY: "county",
    Dimension.TOWNSHIP: "township_code",
    Dimension.SECTOR: "sector",
    Dimension.ENTERPRISE: "enterprise_uscc",
}
_EQUAL: Final = ("county", "sector", "grade", "state", "channel", "responsible_unit", "overdue", "sent_up_to")
_ASKED: Final = {
    **{column: f"{column} = {{0}}" for column in _EQUAL},
    "listing_level": "listing IS NOT NULL AND listing ->> 'level' = {0}",
    "first_confirmed": "(first_confirmed_grade IS NOT NULL) = {0}",
    "task": "(task_id = {0} OR task_number = {0})",
}


def facts_of(hazard: Hazard) -> Facts:
    """Return what decides who may see `hazard`."""
    return Facts(
        county=hazard.county,
        township=hazard.township_code,
        sector=hazard.sector,
        unit=hazard.responsible_unit,
        enterprise=hazard.enterprise.uscc,
    )


def where(scope: Scope, wanted: Filter) -> tuple[list[str], list[Any]]:
    """Return the conditions and their parameters, but for the text; only this module's own column names enter the SQL."""
    conditions, values = scope.where(SCOPED)

    def add(condition: str, value: Any) -> None:
        values.append(value)
        conditions.append(condition.format(f"${len(values)}"))

    for name, condition in _ASKED.items():
        value = getattr(wanted, name)
        if value is not None:
            add(condition, value)
    if wanted.listed is not None:
        conditions.append(f"listing IS {'NOT ' if wanted.listed else ''}NULL")
    if wanted.reference is not None:
        add("reference_key = ANY({0})", [wanted.reference, folded(wanted.reference)])
    return [*conditions, *counted_once(wanted)], values


def counted_once(wanted: Filter) -> list[str]:
    """Return what leaves merged hazards out: they count as the one that goes on (SY26), unless they are looked for.

    What is looked for is listed as it was reported; how counts tell the reports of one hazard from each other says `firsts`.
    """
    looked_for = wanted.state or wanted.reference or wanted.task or wanted.text
    return [] if looked_for else [f"state <> '{HazardState.DUPLICATE.value}'"]


def firsts(wanted: Filter, among: str = "true") -> str:
    """Return whether a row is the first of its hazard's reports, the one that goes on before others, of those `among` the rows.

    A count by what reports say counts a hazard once by that (SY26); one by a state counts what stands in it, merged ones too.
    """
    if wanted.state is not None:
        return "true"
    return f"row_number() OVER (PARTITION BY {among}, coalesce(merged_into, hazard_id) ORDER BY merged_into NULLS FIRST, hazard_id) = 1"


async def page(connection: Connection, scope: Scope, wanted: Filter, *, after: UUID | None, limit: int) -> list[Hazard]:
    """Return up to `limit` hazards, newest first, after hazard `after`.

    Ids grow with time, so hazards that arrive meanwhile stand before the first page and move nothing.
    """
    conditions, values = where(scope, wanted)
    if after is not None:
        values.append(after)
        conditions.append(f"hazard_id < ${len(values)}")
    values.append(limit)
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM hazard WHERE {' AND '.join(conditions) or 'true'} ORDER BY hazard_id DESC LIMIT ${len(values)}",  # noqa: S608
        *values,
    )
    return [hazard_of(row) for row in rows]


async def count(connection: Connection, scope: Scope, wanted: Filter, by: Group | None) -> list[tuple[str | None, int]]:
    """Return (value of `by`, number of hazards) per group; without `by` one row for all."""
    conditions, values = where(scope, wanted)
    columns, group = (f"{by}, count(*)", f"GROUP BY {by} ORDER BY {by}") if by else ("NULL, count(*)", "")
    hazards = f"hazard WHERE {' AND '.join(conditions) or 'true'}"
    if wanted.reference or wanted.task:
        hazards = f"(SELECT *, {firsts(wanted)} AS first FROM {hazards}) AS report WHERE first"  # noqa: S608 - our own columns
    rows = await connection.fetch(f"SELECT {columns} FROM {hazards} {group}", *values)  # noqa: S608 - our own columns
    return [(row[0], row[1]) for row in rows]


async def sources(connection: Connection, survivor_id: str) -> list[Hazard]:
    """Return the hazards that are merged into this one, in the order in which they were registered."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM hazard WHERE merged_into = $1 ORDER BY hazard_id",  # noqa: S608 - our own columns
        survivor_id,
    )
    return [hazard_of(row) for row in rows]


async def one(connection: Connection, key: HazardKey) -> Hazard | None:
    """Return the hazard of this key, or None."""
    column, value = ("hazard_id", key.hazard_id) if key.hazard_id else ("number", key.number)
    row = await connection.fetchrow(f"SELECT {COLUMNS} FROM hazard WHERE {column} = $1", value)  # noqa: S608
    return hazard_of(row) if row else None
