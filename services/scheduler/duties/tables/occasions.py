"""Occasions that somebody entered, beside the calendar's holidays."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.duties.model.occasions import Occasion, OccasionKind

_NAMES: Final = msgspec.json.Decoder(tuple[str, ...])
_COLUMNS: Final = Columns[Occasion](
    {
        "occasion_id": "text",
        "kind": ("text", "kind.value"),
        "name": "text",
        "starts_on": "date",
        "ends_on": "date",
        "duties": ("jsonb", lambda each: msgspec.json.encode(each.duties).decode()),
    }
)


async def insert(connection: Connection, occasion: Occasion, *, at: datetime, by: str) -> bool:
    """Write an occasion; return False when there is one of this id already."""
    status: str = await connection.execute(
        f"""INSERT INTO occasion ({_COLUMNS.names}, recorded_at, recorded_by)
            SELECT {_COLUMNS.names}, ${_COLUMNS.width + 1}, ${_COLUMNS.width + 2} FROM {_COLUMNS.rows("new")}
            ON CONFLICT (occasion_id) DO NOTHING""",  # noqa: S608 - our own columns
        *_COLUMNS.arguments([occasion]),
        at,
        by,
    )
    return status == "INSERT 0 1"


async def page(connection: Connection, *, after: str = "", limit: int | None = None) -> list[Occasion]:
    """Return up to `limit` occasions in order of their id, behind `after`."""
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS.names} FROM occasion WHERE occasion_id > $1
             ORDER BY occasion_id LIMIT $2""",  # noqa: S608 - our own columns
        after,
        limit,
    )
    return [_occasion(row) for row in rows]


def _occasion(row: asyncpg.Record) -> Occasion:
    return Occasion(**{**row, "kind": OccasionKind(row["kind"]), "duties": _NAMES.decode(row["duties"])})
