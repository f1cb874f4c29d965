"""How far the counties' topics are applied, and what the last heartbeat said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection


class Progress(NamedTuple):
    """The instant (wall time at the broker) up to which every record of a partition is applied."""

    topic: str
    partition: int
    applied_through: datetime


_COLUMNS: Final = Columns[Progress]({"topic": "text", "partition": "integer", "applied_through": "timestamptz"})
_NOTE: Final = _COLUMNS.upsert(
    "claim_progress", ["topic", "partition"], where="claim_progress.applied_through < EXCLUDED.applied_through"
)


async def note(connection: Connection, progress: Iterable[Progress]) -> None:
    """Raise each partition's instant; it never goes back."""
    await connection.execute(_NOTE, *_COLUMNS.arguments(sorted(progress)))


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
