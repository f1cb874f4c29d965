"""The append-only history: written a batch at a time, read per hazard or accident."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.history.model import Record

COLUMNS: Final = Columns[Record](
    {
        "hazard_id": "uuid",
        "version": "integer",
        "event_id": "uuid",
        "type": "text",
        "time": "text",
        "cause_id": "text",
        "payload": "bytea",
        "digest": "bytea",
    }
)
_NEWEST: Final = "SELECT version, digest FROM hazard_history WHERE hazard_id = $1 ORDER BY version DESC LIMIT 1"
_OF_SUBJECT: Final = f"SELECT {COLUMNS.names} FROM hazard_history WHERE hazard_id = $1 ORDER BY version"  # noqa: S608


async def append(connection: Connection, records: Sequence[Record]) -> None:
    """Write `records` in this order; the transaction must share the HISTORY lock."""
    await COLUMNS.put(connection, "hazard_history", records)


async def head(connection: Connection, subject_id: str) -> tuple[int, bytes] | None:
    """Return version and digest of the newest record of a hazard or an accident; None where nothing of it is recorded."""
    row = await connection.fetchrow(_NEWEST, subject_id)
    return None if row is None else (row["version"], row["digest"])


async def of_subject(connection: Connection, subject_id: str) -> list[Record]:
    """Return the whole history of a hazard, or of an accident, oldest first."""
    return [record_of(row) for row in await connection.fetch(_OF_SUBJECT, subject_id)]


def record_of(row: asyncpg.Record) -> Record:
    """Return the record that a row with all of COLUMNS holds."""
    return Record(
        hazard_id=str(row["hazard_id"]),
        version=row["version"],
        event_id=str(row["event_id"]),
        type=row["type"],
        time=row["time"],
        cause_id=row["cause_id"],
        payload=row["payload"],
        digest=row["digest"],
    )
