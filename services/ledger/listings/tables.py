"""SQL of the book of listings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec

from duban_contracts.events.hazards import HazardDelisted, HazardListed, HazardListingOverdue
from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import HazardKey
from services.ledger.listings.model import KeptListing

Position = tuple[date, str, int]
"""Where a page ended: last day, hazard id, which of its listings."""

_LISTED: Final = Columns[HazardListed](
    {
        "hazard_id": ("uuid", "hazard.hazard_id"),
        "listing": ("integer", "listing.number"),
        "level": ("text", "listing.level.value"),
        "authority": ("text", "listing.authority"),
        "authority_county": ("text", "listing.county"),
        "document": ("text", "listing.document"),
        "deadline_on": ("date", "listing.deadline_on"),
        "listed_at": ("timestamptz", "occurred_at"),
        # Repeated here, since nothing changes them once a hazard is confirmed: a scope's list reads its own rows.
        "county": ("text", "hazard.county"),
        "township": ("text", "hazard.township"),
        "sector": ("text", "hazard.sector"),
        "enterprise": ("text", "hazard.enterprise_uscc"),
    }
)
_OVERDUE: Final = Columns[HazardListingOverdue](
    {
        "hazard_id": ("uuid", "hazard.hazard_id"),
        "listing": ("integer", "hazard.listing.number"),
        "overdue_at": ("timestamptz", "occurred_at"),
    }
)
_LIFTED: Final = Columns[HazardDelisted](
    {
        "hazard_id": ("uuid", "hazard.hazard_id"),
        "listing": ("integer", "listing.number"),
        "lifted_at": ("timestamptz", "occurred_at"),
        "conclusion": "text",
    }
)
_KEY: Final = ("hazard_id", "listing")
_SHOWN: Final = """hazard_id::text, hazard.number, hazard.county, hazard.sector, hazard.state, hazard.responsible_unit,
       listing.listing, level, authority, authority_county, document, listing.deadline_on, listed_at, overdue_at, lifted_at,
       conclusion"""
_SCOPED: Final = {
    Dimension.COUNTY: "listing.county",
    Dimension.TOWNSHIP: "listing.township",
    Dimension.SECTOR: "listing.sector",
    Dimension.ENTERPRISE: "listing.enterprise",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which listings a reader asks for; None means no filter."""

    level: str | None = None
    open: bool | None = None
    overdue: bool | None = None
    hazard: HazardKey | None = None


async def open_entries(connection: Connection, listed: Sequence[HazardListed]) -> None:
    """Write new listings."""
    await _LISTED.put(connection, "listing", listed)


async def note_overdue(connection: Connection, overdue: Sequence[HazardListingOverdue]) -> None:
    """Note of which listings the time passed."""
    if overdue:
        await connection.execute(_OVERDUE.update("listing", _KEY), *_OVERDUE.arguments(overdue))


async def close_entries(connection: Connection, lifted: Sequence[HazardDelisted]) -> None:
    """Note which listings were lifted, and with what conclusion."""
    if lifted:
        await connection.execute(_LIFTED.update("listing", _KEY), *_LIFTED.arguments(lifted))


async def page(
    connection: Connection, scope: Scope, wanted: Filter, *, after: Position | None, limit: int
) -> list[KeptListing]:
    """Return up to `limit` listings, those that end first first, after `after`."""
    conditions, values = scope.where(_SCOPED)

    def add(condition: str, *asked: Any) -> None:
        numbers = [f"${len(values) + index}" for index in range(1, len(asked) + 1)]
        values.extend(asked)
        conditions.append(condition.format(*numbers))

    if wanted.level is not None:
        add("level = {}", wanted.level)
    if wanted.open is not None:
        conditions.append(f"lifted_at IS {'' if wanted.open else 'NOT '}NULL")
    if wanted.overdue is not None:
        conditions.append(f"overdue_at IS {'NOT ' if wanted.overdue else ''}NULL")
    if wanted.hazard is not None:
        column = "listing.hazard_id" if wanted.hazard.hazard_id else "hazard.number"
        add(f"{column} = {{}}", wanted.hazard.hazard_id or wanted.hazard.number)
    if after is not None:
        add("(listing.deadline_on, hazard_id, listing.listing) > ({}, {}::uuid, {})", *after)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await connection.fetch(
        f"""SELECT {_SHOWN} FROM listing JOIN hazard USING (hazard_id) {where}
             ORDER BY listing.deadline_on, hazard_id, listing.listing LIMIT ${len(values) + 1}""",  # noqa: S608 - ours
        *values,
        limit,
    )
    return [msgspec.convert(dict(row), KeptListing) for row in rows]
