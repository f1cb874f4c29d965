"""What the last heartbeat said."""

from __future__ import annotations

from datetime import UTC, datetime

from services.chassis.consuming.host_clock import BrokersAhead
from services.chassis.publishing.broker_clock import Measured
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


async def note_broker_clock(connection: Connection, measured: Measured) -> None:
    """Remember the newest measurement of the brokers' clocks: the one that was written last, whatever the host's clock said."""
    await connection.execute(
        """INSERT INTO broker_clock (ahead, measured_at) VALUES ($1, $2)
           ON CONFLICT (one) DO UPDATE SET ahead = EXCLUDED.ahead, measured_at = EXCLUDED.measured_at""",
        measured.offset,
        datetime.fromtimestamp(measured.at, UTC),
    )


async def broker_clock(connection: Connection) -> BrokersAhead | None:
    """Return the newest measurement of the brokers' clocks, None before the first."""
    row = await connection.fetchrow("SELECT ahead, measured_at FROM broker_clock")
    return None if row is None else BrokersAhead(row["ahead"], row["measured_at"].timestamp())
