"""What mail servers reported about letters that they took before."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.chassis.storage.database import Connection
from services.notifications.channels.model.reports import Report


async def address_of(connection: Connection, delivery_id: UUID) -> str | None:
    """Return where a delivery goes."""
    address: str | None = await connection.fetchval("SELECT address FROM delivery WHERE delivery_id = $1", delivery_id)
    return address


async def keep(
    connection: Connection, report: Report, digest: str, *, attempt: int, failed_it: bool, at: datetime
) -> bool:
    """Keep a report about a locked delivery; return False for one that is kept already."""
    status: str = await connection.execute(
        """INSERT INTO delivery_report (delivery_id, digest, attempt, taken_at, action, status, detail, failed_it)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING""",
        report.delivery_id,
        digest,
        attempt,
        at,
        report.action.value,
        report.status,
        report.detail,
        failed_it,
    )
    return status.endswith(" 1")
