"""What became of letters about a hazard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.chassis.storage.database import Connection


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One notice event of a hazard; `payload` holds the bytes as they were received."""

    hazard_id: str
    event_id: str
    type: str
    occurred_at: datetime
    payload: bytes


async def append(connection: Connection, entries: Sequence[TimelineEntry]) -> None:
    """Keep `entries`; those already kept stay as they are."""
    await connection.execute(
        """INSERT INTO hazard_timeline (hazard_id, event_id, type, occurred_at, payload)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bytea[])
           ON CONFLICT DO NOTHING""",
        [entry.hazard_id for entry in entries],
        [entry.event_id for entry in entries],
        [entry.type for entry in entries],
        [entry.occurred_at for entry in entries],
        [entry.payload for entry in entries],
    )


async def of_hazard(connection: Connection, hazard_id: str) -> list[TimelineEntry]:
    """Return the notices of a hazard, oldest first."""
    rows = await connection.fetch(
        """SELECT hazard_id, event_id, type, occurred_at, payload FROM hazard_timeline
            WHERE hazard_id = $1 ORDER BY occurred_at, event_id""",
        hazard_id,
    )
    return [TimelineEntry(*row) for row in rows]
