"""How far the counties' topics are applied, and what the last heartbeat said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.chassis.storage.database import Connection

Partition = tuple[str, int]


async def note(connection: Connection, applied_through: Mapping[Partition, datetime]) -> None:
    """Raise each partition's instant (wall time at the broker); it never goes back."""
    partitions = sorted(applied_through)
    await connection.execute(
        """INSERT INTO claim_progress (topic, partition, applied_through)
           SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[])
           ON CONFLICT (topic, partition) DO UPDATE
              SET applied_through = EXCLUDED.applied_through
            WHERE claim_progress.applied_through < EXCLUDED.applied_through""",
        [topic for topic, _ in partitions],
        [partition for _, partition in partitions],
        [applied_through[partition] for partition in partitions],
    )


async def least(connection: Connection, topics: Sequence[str], partitions: int) -> datetime | None:
    """Return the instant up to which every partition of `topics` is applied, or None while one is unknown."""
    row = await connection.fetchrow(
        """SELECT min(applied_through) AS least, count(*) AS known FROM claim_progress
            WHERE topic = ANY($1::text[]) AND partition < $2""",
        topics,
        partitions,
    )
    if row is None or row["known"] < len(topics) * partitions:
        return None
    least: datetime = row["least"]
    return least


async def raise_heartbeat(connection: Connection, applied_through: datetime) -> bool:
    """Remember the newest heartbeat (domain time); return False when one as new was sent already."""
    return (
        await connection.fetchval(
            """INSERT INTO heartbeat (applied_through) VALUES ($1)
               ON CONFLICT (one) DO UPDATE SET applied_through = EXCLUDED.applied_through
                WHERE heartbeat.applied_through < EXCLUDED.applied_through
               RETURNING true""",
            applied_through,
        )
        is True
    )


async def waiting_claims(connection: Connection) -> dict[str, int]:
    """Return how many claims wait, by county."""
    rows = await connection.fetch("SELECT county, count(*) AS number FROM waiting_claim GROUP BY county")
    return {row["county"]: row["number"] for row in rows}
