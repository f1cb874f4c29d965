"""Attempts that go: what was put off and followed by another, after its time; what asked nobody, at once."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from services.chassis.storage.database import Connection

# The last attempt says how a delivery ended; what was put off was followed by another.
_FORGET: Final = """
WITH gone AS (DELETE FROM delivery_attempt WHERE (delivery_id, attempt) IN (
                     SELECT old.delivery_id, old.attempt
                       FROM delivery_attempt AS old JOIN delivery USING (delivery_id)
                      WHERE old.verdict = 'transient' AND old.begun_at < $1 AND old.attempt < delivery.attempts
                      ORDER BY old.begun_at LIMIT $2 FOR UPDATE OF old SKIP LOCKED) RETURNING attempt)
SELECT count(*) FROM gone"""


async def forget_put_off(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` attempts begun `before` (wall) that were put off and followed by another; return how many."""
    gone: int = await connection.fetchval(_FORGET, before, limit)
    return gone


async def take_back(connection: Connection, delivery_id: UUID, attempt: int) -> None:
    """Delete an attempt that asked nobody."""
    await connection.execute(
        "DELETE FROM delivery_attempt WHERE delivery_id = $1 AND attempt = $2", delivery_id, attempt
    )
