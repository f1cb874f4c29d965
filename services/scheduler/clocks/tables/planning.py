"""Which calendar and policy the stored reminders were planned by."""

from __future__ import annotations

from services.chassis.storage.database import Connection


async def load(connection: Connection) -> bytes | None:
    """Return the fingerprint of the profile files used last, or None before the first planning."""
    fingerprint: bytes | None = await connection.fetchval("SELECT fingerprint FROM planning_basis")
    return fingerprint


async def save(connection: Connection, fingerprint: bytes) -> None:
    """Remember that the reminders stand by the files with this fingerprint."""
    await connection.execute(
        """INSERT INTO planning_basis (fingerprint) VALUES ($1)
           ON CONFLICT (singleton) DO UPDATE SET fingerprint = excluded.fingerprint""",
        fingerprint,
    )
