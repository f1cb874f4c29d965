"""What people read of deliveries: newest first, paged by position. No office's address leaves through here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from services.chassis.access.scope import Dimension, Facts, Scope
from services.chassis.storage.database import Connection
from services.notifications.delivery.model.delivery import DeliveryState

SCOPE: Final = {
    Dimension.COUNTY: "delivery.county",
    Dimension.TOWNSHIP: "delivery.township",
    Dimension.SECTOR: "delivery.sector",
    Dimension.UNIT: "delivery.unit",
    Dimension.ENTERPRISE: "delivery.enterprise",
}

_DELIVERY: Final = """
    SELECT delivery.*,
           coalesce(
               (SELECT report.detail FROM delivery_report AS report
                 WHERE report.delivery_id = delivery.delivery_id AND report.attempt = delivery.attempts
                   AND report.failed_it AND delivery.state = 'failed' LIMIT 1),
               attempt.detail) AS detail
      FROM delivery
      LEFT JOIN delivery_attempt AS attempt
             ON attempt.delivery_id = delivery.delivery_id AND attempt.attempt = delivery.attempts
     WHERE """


def facts_of(row: asyncpg.Record) -> Facts:
    """Return what decides who may see a delivery."""
    return Facts(row["county"], row["township"], row["sector"], row["unit"], row["enterprise"])


async def page(
    connection: Connection, scope: Scope, *, state: DeliveryState | None, after: int | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Return up to `limit` deliveries inside `scope`, newest first, from the position `after` on."""
    conditions, values = scope.where(SCOPE, first=4)
    wanted = [
        "($1::text IS NULL OR delivery.state = $1)",
        "($2::bigint IS NULL OR delivery.position < $2)",
        *conditions,
    ]
    query = f"{_DELIVERY} {' AND '.join(wanted)} ORDER BY delivery.position DESC LIMIT $3"
    return await connection.fetch(query, state, after, limit, *values)


async def one(connection: Connection, delivery_id: UUID) -> asyncpg.Record | None:
    """Return one delivery."""
    return await connection.fetchrow(f"{_DELIVERY} delivery.delivery_id = $1", delivery_id)


async def of_letter(connection: Connection, letter_id: UUID) -> Sequence[asyncpg.Record]:
    """Return a letter's deliveries."""
    return await connection.fetch(f"{_DELIVERY} delivery.letter_id = $1 ORDER BY delivery.position", letter_id)


async def attempts_of(connection: Connection, deliveries: Sequence[UUID]) -> Sequence[asyncpg.Record]:
    """Return every attempt of these deliveries, in order."""
    return await connection.fetch(
        "SELECT * FROM delivery_attempt WHERE delivery_id = ANY($1::uuid[]) ORDER BY delivery_id, attempt", deliveries
    )


async def census(connection: Connection) -> Sequence[tuple[str, DeliveryState, int]]:
    """Count the deliveries that are not delivered, by channel and state."""
    rows = await connection.fetch(
        """SELECT channel, state, count(*) AS deliveries FROM delivery
            WHERE state IN ('pending', 'sending', 'failed', 'uncertain') GROUP BY channel, state"""
    )
    return [(row["channel"], DeliveryState(row["state"]), row["deliveries"]) for row in rows]


async def oldest_pending(connection: Connection) -> Mapping[str, datetime]:
    """Return by channel since when (wall time) the oldest pending delivery waits; none where none does."""
    rows = await connection.fetch(
        """SELECT channel, min(pending_since) AS since FROM delivery
            WHERE state IN ('pending', 'sending') GROUP BY channel"""
    )
    return {row["channel"]: row["since"] for row in rows}
