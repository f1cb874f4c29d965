"""How far each partition of the ledger's topic is in the books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from services.chassis.access.scope import Codes
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
        "behind": ("jsonb", lambda row: msgspec.json.encode(row[1].behind).decode()),
    }
)
_SAVE: Final = f"""
{_PROGRESS.insert("progress AS known")}
ON CONFLICT (partition) DO UPDATE SET
    "offset" = greatest(known."offset", excluded."offset"),
    recorded_at = greatest(known.recorded_at, excluded.recorded_at),
    applied_through = greatest(known.applied_through, excluded.applied_through),
    last_event_at = greatest(known.last_event_at, excluded.last_event_at),
    behind = CASE WHEN excluded.applied_through IS NULL OR excluded.applied_through < known.applied_through
                  THEN known.behind ELSE excluded.behind END"""


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


async def data_through(connection: Connection, partitions: int, counties: Codes = None) -> datetime | None:
    """Return up to when the books of `counties` (None = all) are complete: the oldest of the partitions' newest heartbeats.

    Of a county that is behind it is the earlier instant that the heartbeat has for it. None until each of so many
    partitions has spoken: what the silent ones hold nobody knows.
    """
    oldest: datetime | None = await connection.fetchval(
        """SELECT least(min(applied_through), min(late.instant::timestamptz))
           FROM progress LEFT JOIN LATERAL jsonb_each_text(behind) AS late (county, instant)
               ON $2::text[] IS NULL OR late.county = ANY($2)
           HAVING count(DISTINCT partition) FILTER (WHERE applied_through IS NOT NULL) >= $1""",
        partitions,
        None if counties is None else sorted(counties),
    )
    return oldest
