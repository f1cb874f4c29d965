"""How far the ledger is known to have come: one heartbeat for each partition of its topic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from duban_contracts.topics import PARTITIONS
from services.chassis.storage.database import Connection


async def save(connection: Connection, heartbeats: Mapping[int, datetime]) -> None:
    """Store the newest heartbeat per partition; an older one never replaces a newer."""
    partitions = sorted(heartbeats)
    await connection.execute(
        """INSERT INTO ledger_heartbeat (partition, applied_through)
           SELECT * FROM unnest($1::int[], $2::timestamptz[])
           ON CONFLICT (partition) DO UPDATE
              SET applied_through = greatest(ledger_heartbeat.applied_through, excluded.applied_through)""",
        partitions,
        [heartbeats[partition] for partition in partitions],
    )


async def applied_through(connection: Connection) -> datetime | None:
    """Return the instant (domain time) before which nothing is missing; None until every partition has spoken."""
    row = await connection.fetchrow(
        "SELECT count(*) AS partitions, min(applied_through) AS applied_through FROM ledger_heartbeat"
    )
    assert row is not None  # noqa: S101 - an aggregate always has a row
    instant: datetime | None = row["applied_through"]
    return instant if row["partitions"] >= PARTITIONS else None
