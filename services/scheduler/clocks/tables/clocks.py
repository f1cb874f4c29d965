"""The table of clocks: every hazard's reckoning, and its facts as of the last event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final

import asyncpg
import msgspec

from duban_contracts.deadlines.reckoning import Reckoning
from duban_contracts.events.types import HazardFacts, Subject
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.alarms.model import Cause

_RECKONING: Final = msgspec.json.Decoder(Reckoning)
_FACTS: Final = msgspec.json.Decoder(HazardFacts)


@dataclass(frozen=True, slots=True)
class HazardClock:
    """A hazard's clock as it is stored."""

    reckoning: Reckoning
    facts: HazardFacts
    cause: Cause

    @property
    def about(self) -> Subject:
        """The hazard as the subject of its alarms."""
        return self.facts.as_subject()

    @property
    def said(self) -> LastWord:
        """What is said of the hazard when an alarm is raised."""
        return LastWord(self.facts, self.cause, self.reckoning.deadline.set_at, self.reckoning.returned_at)


@dataclass(frozen=True, slots=True)
class LastWord:
    """What the ledger said last about a hazard: its facts, and the event that says so.

    `set_at` is when the deadline in force was set, `returned_at` when its last 整改完成 came back.
    """

    facts: HazardFacts
    cause: Cause
    set_at: datetime
    returned_at: datetime | None = None


_COLUMNS: Final = Columns[HazardClock](
    {
        "hazard_id": ("text", "facts.hazard_id"),
        "number": ("text", "facts.number"),
        "county": ("text", "facts.county"),
        "sector": ("text", "facts.sector"),
        "township": ("text", "facts.township"),
        "responsible_unit": ("text", "facts.responsible_unit"),
        "enterprise_uscc": ("text", "facts.enterprise_uscc"),
        "version": ("bigint", "reckoning.version"),
        "state": ("text", "reckoning.state.value"),
        "deadline_number": ("int", "reckoning.deadline.number"),
        "outcome": ("text", "reckoning.deadline.outcome.value"),
        "due_at": ("timestamptz", "reckoning.deadline.due_at"),
        "reckoning": ("jsonb", lambda clock: msgspec.json.encode(clock.reckoning).decode()),
        "facts": ("jsonb", lambda clock: msgspec.json.encode(clock.facts).decode()),
        "event_id": ("text", "cause.event_id"),
        "correlation_id": ("text", "cause.correlation_id"),
        "traceparent": ("text", "cause.traceparent"),
    }
)
_SAVE: Final = _COLUMNS.upsert("hazard_clock", ["hazard_id"])
_SAID: Final = "facts, event_id, correlation_id, traceparent"

# Since which instant a county is behind.
SINCE: Final = Columns[tuple[str, datetime]](
    {"county": ("text", itemgetter(0)), "since": ("timestamptz", itemgetter(1))}
)
# $1 until
_PASSED_BEYOND: Final = f"""
SELECT hazard_id FROM hazard_clock JOIN {SINCE.rows("late", 2)} USING (county)
 WHERE hazard_clock.due_at >= late.since AND hazard_clock.due_at < $1"""  # noqa: S608 - our own columns

# $1 hazard ids
FIND_SAID: Final = f"SELECT hazard_id, reckoning, {_SAID} FROM hazard_clock WHERE hazard_id = ANY($1::text[])"  # noqa: S608 - ours


async def lock(connection: Connection, hazard_ids: Sequence[str]) -> dict[str, HazardClock]:
    """Return the clocks of these hazards and keep their rows until the transaction ends."""
    rows = await connection.fetch(
        f"""SELECT hazard_id, reckoning, {_SAID} FROM hazard_clock
             WHERE hazard_id = ANY($1::text[]) ORDER BY hazard_id FOR UPDATE""",  # noqa: S608 - our own columns
        hazard_ids,
    )
    return {row["hazard_id"]: _clock(row) for row in rows}


async def lock_page(connection: Connection, after: str, limit: int) -> list[HazardClock]:
    """Return up to `limit` clocks that have not stopped, in order of hazard id, and keep their rows."""
    rows = await connection.fetch(
        f"""SELECT reckoning, {_SAID} FROM hazard_clock
             WHERE hazard_id > $1 AND state <> 'stopped' ORDER BY hazard_id LIMIT $2 FOR UPDATE""",  # noqa: S608 - ours
        after,
        limit,
    )
    return [_clock(row) for row in rows]


async def find(connection: Connection, name: str) -> HazardClock | None:
    """Return the clock of the hazard whose id or number is `name`, or None when it has none."""
    row = await connection.fetchrow(
        f"""SELECT reckoning, {_SAID} FROM hazard_clock
             WHERE hazard_id = coalesce((SELECT hazard_id FROM hazard_clock WHERE number = $1 LIMIT 1), $1)""",  # noqa: S608 - ours
        name,
    )
    return None if row is None else _clock(row)


async def find_said(connection: Connection, hazard_ids: Sequence[str]) -> dict[str, LastWord]:
    """Return what the ledger said last about these hazards."""
    rows = await connection.fetch(FIND_SAID, hazard_ids)
    clocks = {row["hazard_id"]: _clock(row) for row in rows}
    return {name: each.said for name, each in clocks.items()}


async def passed_beyond(connection: Connection, since: Mapping[str, datetime], until: datetime) -> list[str]:
    """Return the hazards whose deadline lies before `until`, but not before their county's instant in `since`."""
    rows = await connection.fetch(_PASSED_BEYOND, until, *SINCE.arguments(since.items()))
    return [row["hazard_id"] for row in rows]


async def save(connection: Connection, clocks: Sequence[HazardClock]) -> None:
    """Write these clocks; each hazard at most once."""
    if clocks:
        await connection.execute(_SAVE, *_COLUMNS.arguments(clocks))


def _clock(row: asyncpg.Record) -> HazardClock:
    cause = Cause(row["event_id"], row["correlation_id"], row["traceparent"])
    return HazardClock(_RECKONING.decode(row["reckoning"]), _FACTS.decode(row["facts"]), cause)
