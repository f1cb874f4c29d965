"""What became of letters about a hazard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One notice event of a hazard; `payload` holds the bytes as they were received."""

    hazard_id: str
    event_id: str
    type: str
    occurred_at: datetime
    payload: bytes


_COLUMNS: Final = Columns[TimelineEntry](
    {"hazard_id": "text", "event_id": "text", "type": "text", "occurred_at": "timestamptz", "payload": "bytea"}
)
_INSERT: Final = f"{_COLUMNS.insert('hazard_timeline')} ON CONFLICT DO NOTHING"
_OF_HAZARDS: Final = f"""
SELECT {_COLUMNS.names} FROM hazard_timeline WHERE hazard_id = ANY($1::text[]) ORDER BY occurred_at, event_id"""  # noqa: S608


async def append(connection: Connection, entries: Sequence[TimelineEntry]) -> None:
    """Keep `entries`; those already kept stay as they are."""
    await connection.execute(_INSERT, *_COLUMNS.arguments(entries))


async def of_hazards(connection: Connection, hazard_ids: Sequence[str]) -> list[TimelineEntry]:
    """Return the notices of these hazards, oldest first."""
    return [TimelineEntry(*row) for row in await connection.fetch(_OF_HAZARDS, hazard_ids)]
