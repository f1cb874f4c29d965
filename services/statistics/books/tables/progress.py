"""How far each partition of the ledger's topic is in the books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.statistics.books.model.changes import Progress

_PROGRESS: Final = Columns[tuple[int, Progress]](
    {
        "partition": ("integer", lambda row: row[0]),
        "offset": ("bigint", lambda row: row[1].offset),
        "recorded_at": ("timestamptz", lambda row: row[1].recorded_at),
        "applied_through": ("timestamptz", lambda row: row[1].applied_through),
        "last_event_at": ("timestamptz", lambda row: row[1].last_event_at),
    }
)
_SAVE: Final = f"""
{_PROGRESS.insert("progress AS known")}
ON CONFLICT (partition) DO UPDATE SET
    "offset" = greatest(known."offset", excluded."offset"),
    recorded_at = greatest(known.recorded_at, excluded.recorded_at),
    applied_through = greatest(known.applied_through, excluded.applied_through),
    last_event_at = greatest(known.last_event_at, excluded.last_event_at)"""


async def save(connection: Connection, progress: Mapping[int, Progress]) -> None:
    """Note how far each partition (by number) is, in the transaction that took it there; nothing ever goes back."""
    if progress:
        await connection.execute(_SAVE, *_PROGRESS.arguments(sorted(progress.items())))


async def heard_through(connection: Connection, partitions: int) -> datetime | None:
    """Return the oldest of the partitions' newest heartbeats, None until each of so many partitions has spoken."""
    oldest: datetime | None = await connection.fetchval(
        "SELECT min(applied_through) FROM progress HAVING count(applied_through) >= $1", partitions
    )
    return oldest


async def data_through(connection: Connection) -> datetime | None:
    """Return up to when the books are complete: the oldest of the partitions' newest heartbeats.

    Before the first heartbeat it is the newest event; None when nothing was read yet.
    """
    row = await connection.fetchrow(
        "SELECT min(applied_through) AS heartbeat, max(last_event_at) AS event FROM progress"
    )
    return None if row is None else row["heartbeat"] or row["event"]
