"""Hazards that have yet to be compared with others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection

_COLUMNS: Final = Columns[str]({"hazard_id": ("uuid", str)})


async def add(connection: Connection, hazard_ids: Iterable[str]) -> None:
    """Put these hazards among those that are to be compared; one that stands there already stays."""
    insert = f"{_COLUMNS.insert('uncompared')} ON CONFLICT DO NOTHING"
    await connection.execute(insert, *_COLUMNS.arguments(sorted(set(hazard_ids))))


async def take(connection: Connection, limit: int) -> list[str]:
    """Remove up to `limit` hazards, newest first, and return them; what another instance takes is passed over.

    People look at what is new: a backlog of old reports keeps none of them waiting.
    """
    rows = await connection.fetch(
        """DELETE FROM uncompared WHERE hazard_id IN (
               SELECT hazard_id FROM uncompared ORDER BY hazard_id DESC LIMIT $1 FOR UPDATE SKIP LOCKED)
           RETURNING hazard_id""",
        limit,
    )
    return sorted(str(row["hazard_id"]) for row in rows)
