"""The append-only history: written in a batch, read per hazard, exported in an order that no commit can break."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from services.chassis.storage.database import Connection, Database
from services.ledger.adapters import locks

_HORIZON_WAIT: Final = "1s"


@dataclass(frozen=True, slots=True)
class Record:
    """One sealed record of a hazard's history; `time` is RFC 3339 text, `digest` chains it to the one before."""

    hazard_id: str
    version: int
    event_id: str
    type: str
    time: str
    cause_id: str
    payload: bytes
    digest: bytes


async def append(connection: Connection, records: Sequence[Record]) -> None:
    """Write `records` in this order; the transaction must share the HISTORY lock."""
    if not records:
        return
    await connection.execute(
        """INSERT INTO hazard_history (hazard_id, version, event_id, type, time, cause_id, payload, digest)
           SELECT hazard_id, version, event_id, type, time, cause_id, payload, digest
             FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[],
                         $8::bytea[]) WITH ORDINALITY
                  AS new (hazard_id, version, event_id, type, time, cause_id, payload, digest, place)
            ORDER BY place""",
        [record.hazard_id for record in records],
        [record.version for record in records],
        [record.event_id for record in records],
        [record.type for record in records],
        [record.time for record in records],
        [record.cause_id for record in records],
        [record.payload for record in records],
        [record.digest for record in records],
    )


async def of_hazard(connection: Connection, hazard_id: str) -> list[Record]:
    """Return a hazard's whole history, oldest first."""
    rows = await connection.fetch(
        """SELECT hazard_id, version, event_id, type, time, cause_id, payload, digest
             FROM hazard_history WHERE hazard_id = $1 ORDER BY version""",
        hazard_id,
    )
    return [_record(row) for row in rows]


class Export:
    """Reads the whole history by position, up to a horizon below which nothing can appear any more.

    Positions are handed out before commit, so a reader that follows them could pass over a transaction still in
    flight. The horizon is drawn while no writer is in flight: all writers share a lock that is taken alone here.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._horizon = 0

    async def page(self, after: int, limit: int) -> list[tuple[int, Record]]:
        """Return up to `limit` (position, record) pairs after position `after`."""
        if after + limit >= self._horizon:
            await self._draw_horizon()
        async with self._database.acquire() as connection:
            rows = await connection.fetch(
                """SELECT position, hazard_id, version, event_id, type, time, cause_id, payload, digest
                     FROM hazard_history WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3""",
                after,
                self._horizon,
                limit,
            )
        return [(row["position"], _record(row)) for row in rows]

    async def _draw_horizon(self) -> None:
        try:
            async with self._database.transaction() as connection:
                await connection.execute(f"SET LOCAL lock_timeout = '{_HORIZON_WAIT}'")
                await connection.execute("SELECT pg_advisory_xact_lock($1)", locks.HISTORY)
                newest = await connection.fetchval("SELECT coalesce(max(position), 0) FROM hazard_history")
        except asyncpg.LockNotAvailableError:
            # A long writer is at work: what is known to be complete is still a right answer.
            return
        self._horizon = max(self._horizon, newest)


def _record(row: asyncpg.Record) -> Record:
    return Record(
        hazard_id=str(row["hazard_id"]),
        version=row["version"],
        event_id=str(row["event_id"]),
        type=row["type"],
        time=row["time"],
        cause_id=row["cause_id"],
        payload=row["payload"],
        digest=row["digest"],
    )
