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


async def through(connection: Connection, topics: Sequence[str], partitions: int) -> dict[str, datetime]:
    """Return the instant up to which each topic is applied; one of which a partition is unknown is left out."""
    rows = await connection.fetch(
        """SELECT topic, min(applied_through) AS applied_through FROM claim_progress
            WHERE topic = ANY($1::text[]) AND partition < $2 GROUP BY topic HAVING count(*) = $2""",
        topics,
        partitions,
    )
    return {row["topic"]: row["applied_through"] for row in rows}


async def last_heartbeat(connection: Connection) -> datetime | None:
    """Return the instant (domain time) of the newest heartbeat, or None before the first."""
    instant: datetime | None = await connection.fetchval("SELECT applied_through FROM heartbeat")
    return instant


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
