"""How far each duty is planned, and by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection


@dataclass(frozen=True, slots=True)
class PlannedThrough:
    """A duty is planned until `planned_until`, from its versions up to `version`, by rosters and occasions of `basis`."""

    duty_id: str
    version: int
    planned_until: date
    basis: bytes
    planned_at: datetime


_COLUMNS: Final = Columns[PlannedThrough](
    {
        "duty_id": "text",
        "version": "integer",
        "planned_until": "date",
        "basis": "bytea",
        "planned_at": "timestamptz",
    }
)
_SAVE: Final = _COLUMNS.upsert("duty_planning", ["duty_id"])


async def load(connection: Connection) -> dict[str, PlannedThrough]:
    """Return how far every duty is planned, by duty."""
    rows = await connection.fetch(f"SELECT {_COLUMNS.names} FROM duty_planning")  # noqa: S608 - our own columns
    return {row["duty_id"]: PlannedThrough(*row) for row in rows}


async def save(connection: Connection, planned: Sequence[PlannedThrough]) -> None:
    """Remember how far these duties are planned."""
    if planned:
        await connection.execute(_SAVE, *_COLUMNS.arguments(planned))
