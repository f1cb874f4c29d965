"""What the last heartbeat said."""

from __future__ import annotations

from datetime import datetime

from services.chassis.storage.database import Connection


async def last_heartbeat(connection: Connection) -> datetime | None:
    """Return the instant (domain time) of the newest heartbeat, or None before the first."""
    instant: datetime | None = await connection.fetchval("SELECT applied_through FROM heartbeat")
    return instant


async def raise_heartbeat(connection: Connection, applied_through: datetime) -> bool:
    """Remember the newest heartbeat (domain time); return False when one as new was sent already."""
    return (
        await connection.fetchval(
            """INSERT INTO heartbeat (applied_through) VALUES ($1)
               ON CONFLICT (one) DO UPDATE SET applied_through = EXCLUDED.applied_through
                WHERE heartbeat.applied_through < EXCLUDED.applied_through
               RETURNING true""",
            applied_through,
        )
        is True
    )
