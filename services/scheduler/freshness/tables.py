"""The heartbeats, one row for each partition of the ledger's topic, and the ends of the self-audits."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from duban_contracts.topics import PARTITIONS
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.freshness.model import Heartbeat, Watermark, together

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


async def known(connection: Connection) -> Watermark | None:
    """Return how far the ledger is known here; None until every partition has spoken."""
    rows = await connection.fetch(f"SELECT {_COLUMNS.names} FROM ledger_heartbeat")  # noqa: S608 - our own columns
    heartbeats = [Heartbeat(row["partition"], row["applied_through"], _BEHIND.decode(row["behind"])) for row in rows]
    return together(heartbeats, PARTITIONS)


async def applied_through(connection: Connection) -> datetime | None:
    """Return the instant (domain time) before which nothing is missing, but for counties that are behind."""
    found = await known(connection)
    return found.applied_through if found else None


async def audited(connection: Connection, audit: str, now: datetime) -> datetime:
    """Return when `audit` last ended (wall time). One that never did is waited for since `now`, for good."""
    await connection.execute(
        "INSERT INTO audited (audit, ended_at) VALUES ($1, $2) ON CONFLICT (audit) DO NOTHING", audit, now
    )
    ended: datetime = await connection.fetchval("SELECT ended_at FROM audited WHERE audit = $1", audit)
    return ended


async def save_audited(connection: Connection, audit: str, now: datetime) -> None:
    """Keep that `audit` ended at `now` (wall time), unless another process has ended it since."""
    await connection.execute(
        """INSERT INTO audited (audit, ended_at) VALUES ($1, $2)
           ON CONFLICT (audit) DO UPDATE SET ended_at = greatest(audited.ended_at, excluded.ended_at)""",
        audit,
        now,
    )
