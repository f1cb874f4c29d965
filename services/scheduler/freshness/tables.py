"""The table of heartbeats: one row for each partition of the ledger's topic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from duban_contracts.topics import PARTITIONS
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Everything that reached the broker before `applied_through` stands ahead of it in `partition`."""

    partition: int
    applied_through: datetime


_COLUMNS: Final = Columns[Heartbeat]({"partition": "int", "applied_through": "timestamptz"})
_SAVE: Final = _COLUMNS.upsert(
    "ledger_heartbeat", ["partition"], where="ledger_heartbeat.applied_through < EXCLUDED.applied_through"
)


async def save(connection: Connection, heartbeats: list[Heartbeat]) -> None:
    """Store the newest heartbeats, each partition at most once; an older one never replaces a newer."""
    by_partition = sorted(heartbeats, key=lambda heartbeat: heartbeat.partition)
    await connection.execute(_SAVE, *_COLUMNS.arguments(by_partition))


async def applied_through(connection: Connection) -> datetime | None:
    """Return the instant (domain time) before which nothing is missing; None until every partition has spoken."""
    row = await connection.fetchrow(
        "SELECT count(*) AS partitions, min(applied_through) AS applied_through FROM ledger_heartbeat"
    )
    assert row is not None  # noqa: S101 - an aggregate always has a row
    instant: datetime | None = row["applied_through"]
    return instant if row["partitions"] >= PARTITIONS else None
