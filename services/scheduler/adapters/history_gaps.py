"""Hazards whose history is known to be incomplete here: an event was given up, or waits for one before it."""

from __future__ import annotations

from services.chassis.storage.database import Connection


async def incomplete(connection: Connection, consumer: str) -> list[str]:
    """Return the ids of hazards about which nothing may be said: a 整改完成 may be among what is missing."""
    rows = await connection.fetch(
        """SELECT DISTINCT convert_to(aggregate, 'UTF8') AS key FROM parked_event WHERE consumer = $1
           UNION
           SELECT key FROM dead_letter WHERE consumer = $1 AND state = 'held' AND key IS NOT NULL""",
        consumer,
    )
    return [row["key"].decode(errors="replace") for row in rows]
