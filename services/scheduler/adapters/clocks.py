"""The table of clocks: every hazard's reckoning, and its facts as of the last event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.types import HazardFacts
from services.chassis.storage.database import Connection
from services.scheduler.domain.reckoning import Reckoning

_RECKONING = msgspec.json.Decoder(Reckoning)
_FACTS = msgspec.json.Decoder(HazardFacts)


@dataclass(frozen=True, slots=True)
class Cause:
    """The ledger event from which an alarm follows."""

    event_id: str
    correlation_id: str | None
    traceparent: str | None

    def envelope(self) -> CloudEvent:
        """Return what `new_event` needs to know of the cause."""
        return CloudEvent(
            id=self.event_id,
            source="/duban/ledger",
            type="",
            data=b"",
            correlationid=self.correlation_id,
            traceparent=self.traceparent,
        )


@dataclass(frozen=True, slots=True)
class HazardClock:
    """A hazard's clock as it is stored."""

    reckoning: Reckoning
    facts: HazardFacts
    cause: Cause


def clock_of(row: asyncpg.Record) -> HazardClock:
    """Return the clock in a row that has the columns reckoning, facts, event_id, correlation_id, traceparent."""
    return HazardClock(
        _RECKONING.decode(row["reckoning"]),
        _FACTS.decode(row["facts"]),
        Cause(row["event_id"], row["correlation_id"], row["traceparent"]),
    )


async def load(connection: Connection, hazard_ids: Sequence[str]) -> dict[str, HazardClock]:
    """Return the clocks of these hazards and keep their rows until the transaction ends."""
    rows = await connection.fetch(
        """SELECT hazard_id, reckoning, facts, event_id, correlation_id, traceparent FROM hazard_clock
            WHERE hazard_id = ANY($1::text[]) ORDER BY hazard_id FOR UPDATE""",
        hazard_ids,
    )
    return {row["hazard_id"]: clock_of(row) for row in rows}


async def load_page(connection: Connection, after: str, limit: int) -> list[HazardClock]:
    """Return up to `limit` clocks that have not stopped, in order of hazard id, and keep their rows."""
    rows = await connection.fetch(
        """SELECT reckoning, facts, event_id, correlation_id, traceparent FROM hazard_clock
            WHERE hazard_id > $1 AND state <> 'stopped' ORDER BY hazard_id LIMIT $2 FOR UPDATE""",
        after,
        limit,
    )
    return [clock_of(row) for row in rows]


async def find(connection: Connection, hazard_id: str) -> HazardClock | None:
    """Return one hazard's clock, or None when it has none."""
    row = await connection.fetchrow(
        """SELECT reckoning, facts, event_id, correlation_id, traceparent FROM hazard_clock
            WHERE hazard_id = $1""",
        hazard_id,
    )
    return None if row is None else clock_of(row)


async def save(connection: Connection, clocks: Sequence[HazardClock]) -> None:
    """Write these clocks; each hazard at most once."""
    if not clocks:
        return
    await connection.execute(
        """INSERT INTO hazard_clock (hazard_id, number, county, sector, version, state, deadline_number, outcome,
                                     due_at, reckoning, facts, event_id, correlation_id, traceparent)
           SELECT hazard_id, number, county, sector, version, state, deadline_number, outcome, due_at,
                  reckoning::jsonb, facts::jsonb, event_id, correlation_id, traceparent
             FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::int[],
                         $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[],
                         $14::text[])
                  AS clock (hazard_id, number, county, sector, version, state, deadline_number, outcome, due_at,
                            reckoning, facts, event_id, correlation_id, traceparent)
           ON CONFLICT (hazard_id) DO UPDATE SET
                  number = excluded.number, county = excluded.county, sector = excluded.sector,
                  version = excluded.version, state = excluded.state,
                  deadline_number = excluded.deadline_number, outcome = excluded.outcome,
                  due_at = excluded.due_at, reckoning = excluded.reckoning, facts = excluded.facts,
                  event_id = excluded.event_id, correlation_id = excluded.correlation_id,
                  traceparent = excluded.traceparent""",
        *zip(*(_columns(clock) for clock in clocks), strict=True),
    )


def _columns(clock: HazardClock) -> tuple[object, ...]:
    reckoning, facts, cause = clock.reckoning, clock.facts, clock.cause
    deadline = reckoning.deadline
    return (
        facts.hazard_id,
        facts.number,
        facts.county,
        facts.sector,
        reckoning.version,
        reckoning.state.value,
        deadline.number,
        deadline.outcome.value,
        deadline.due_at,
        msgspec.json.encode(reckoning).decode(),
        msgspec.json.encode(facts).decode(),
        cause.event_id,
        cause.correlation_id,
        cause.traceparent,
    )
