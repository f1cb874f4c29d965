"""The table of the clocks of listings: one row for each 挂牌督办 that there has been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from duban_contracts.deadlines.reckoning import Reckoning
from duban_contracts.events.types import HazardFacts, Listing, Subject
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.alarms.model import Cause
from services.scheduler.clocks.tables.clocks import SINCE, LastWord

_RECKONING: Final = msgspec.json.Decoder(Reckoning)
_LISTING: Final = msgspec.json.Decoder(Listing)
_FACTS: Final = msgspec.json.Decoder(HazardFacts)


@dataclass(frozen=True, slots=True)
class ListingClock:
    """A listing's clock as it is stored, with the facts of its hazard after the last event under it."""

    reckoning: Reckoning
    listing: Listing
    facts: HazardFacts
    cause: Cause

    @property
    def about(self) -> Subject:
        """The listing as the subject of its alarms."""
        return self.listing.as_subject(self.facts.hazard_id)

    @property
    def said(self) -> LastWord:
        """What is said of the listing when an alarm is raised."""
        return LastWord(self.facts, self.cause, self.reckoning.deadline.set_at, self.reckoning.returned_at)


_COLUMNS: Final = Columns[ListingClock](
    {
        "listing_id": ("text", "about.id"),
        "hazard_id": ("text", "facts.hazard_id"),
        "county": ("text", "facts.county"),
        "state": ("text", "reckoning.state.value"),
        "due_at": ("timestamptz", "reckoning.deadline.due_at"),
        "reckoning": ("jsonb", lambda clock: msgspec.json.encode(clock.reckoning).decode()),
        "listing": ("jsonb", lambda clock: msgspec.json.encode(clock.listing).decode()),
        "facts": ("jsonb", lambda clock: msgspec.json.encode(clock.facts).decode()),
        "event_id": ("text", "cause.event_id"),
        "correlation_id": ("text", "cause.correlation_id"),
        "traceparent": ("text", "cause.traceparent"),
    }
)
_SAVE: Final = _COLUMNS.upsert("listing_clock", ["listing_id"])
_SELECT: Final = "SELECT reckoning, listing, facts, event_id, correlation_id, traceparent FROM listing_clock"
# $1 until
_PASSED_BEYOND: Final = f"""
SELECT listing_id FROM listing_clock JOIN {SINCE.rows("late", 2)} USING (county)
 WHERE listing_clock.due_at >= late.since AND listing_clock.due_at < $1"""  # noqa: S608 - our own columns


async def lock(connection: Connection, listing_ids: Sequence[str]) -> dict[str, ListingClock]:
    """Return these clocks by the listing's id, and keep their rows until the transaction ends."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE listing_id = ANY($1::text[]) ORDER BY listing_id FOR UPDATE", listing_ids
    )
    return {clock.about.id: clock for clock in map(_clock, rows)}


async def lock_page(connection: Connection, after: str, limit: int) -> list[ListingClock]:
    """Return up to `limit` clocks that have not stopped, in order of listing id, and keep their rows."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE listing_id > $1 AND state <> 'stopped' ORDER BY listing_id LIMIT $2 FOR UPDATE", after, limit
    )
    return [_clock(row) for row in rows]


async def of_hazard(connection: Connection, hazard_id: str) -> list[ListingClock]:
    """Return the clocks of a hazard's listings, the first one first."""
    rows = await connection.fetch(f"{_SELECT} WHERE hazard_id = $1", hazard_id)
    return sorted(map(_clock, rows), key=lambda clock: clock.listing.number)


async def ids_of(connection: Connection, hazard_ids: Sequence[str]) -> list[str]:
    """Return the ids of all listings of these hazards."""
    rows = await connection.fetch("SELECT listing_id FROM listing_clock WHERE hazard_id = ANY($1::text[])", hazard_ids)
    return [row["listing_id"] for row in rows]


async def find_said(connection: Connection, listing_ids: Sequence[str]) -> dict[str, LastWord]:
    """Return what the ledger said last about these listings."""
    rows = await connection.fetch(f"{_SELECT} WHERE listing_id = ANY($1::text[])", listing_ids)
    return {clock.about.id: clock.said for clock in map(_clock, rows)}


async def passed_beyond(connection: Connection, since: Mapping[str, datetime], until: datetime) -> list[str]:
    """Return the listings whose time passed before `until`, but not before their county's instant in `since`."""
    rows = await connection.fetch(_PASSED_BEYOND, until, *SINCE.arguments(since.items()))
    return [row["listing_id"] for row in rows]


async def save(connection: Connection, clocks: Sequence[ListingClock]) -> None:
    """Write these clocks; each listing at most once."""
    if clocks:
        await connection.execute(_SAVE, *_COLUMNS.arguments(clocks))


def _clock(row: asyncpg.Record) -> ListingClock:
    cause = Cause(row["event_id"], row["correlation_id"], row["traceparent"])
    return ListingClock(
        _RECKONING.decode(row["reckoning"]), _LISTING.decode(row["listing"]), _FACTS.decode(row["facts"]), cause
    )
