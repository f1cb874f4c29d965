"""The table of heartbeats: one row for each partition of the ledger's topic."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from duban_contracts.topics import PARTITIONS
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.freshness.model import Heartbeat, Known, together

_BEHIND: Final = msgspec.json.Decoder(dict[str, datetime])
_COLUMNS: Final = Columns[Heartbeat](
    {
        "partition": "int",
        "applied_through": "timestamptz",
        "behind": ("jsonb", lambda heartbeat: msgspec.json.encode(heartbeat.behind).decode()),
    }
)
_SAVE: Final = _COLUMNS.upsert(
    "ledger_heartbeat", ["partition"], where="ledger_heartbeat.applied_through < EXCLUDED.applied_through"
)


async def save(connection: Connection, heartbeats: list[Heartbeat]) -> None:
    """Store the newest heartbeats, each partition at most once; an older one never replaces a newer."""
    by_partition = sorted(heartbeats, key=lambda heartbeat: heartbeat.partition)
    await connection.execute(_SAVE, *_COLUMNS.arguments(by_partition))


async def known(connection: Connection) -> Known | None:
    """Return how far the ledger is known here; None until every partition has spoken."""
    rows = await connection.fetch(f"SELECT {_COLUMNS.names} FROM ledger_heartbeat")  # noqa: S608 - our own columns
    heartbeats = [Heartbeat(row["partition"], row["applied_through"], _BEHIND.decode(row["behind"])) for row in rows]
    return together(heartbeats, PARTITIONS)


async def applied_through(connection: Connection) -> datetime | None:
    """Return the instant (domain time) before which nothing is missing, but for counties that are behind."""
    found = await known(connection)
    return found.applied_through if found else None
