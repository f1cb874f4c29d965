"""SQL of subscriptions. Of the secret only its digest is there."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import asyncpg

from services.chassis.storage.database import Connection
from services.scheduler.subscriptions.model import Subscription

_COLUMNS: Final = "subscription_id, name, county, unit, issued_at, issued_by, revoked_at, revoked_by"


async def insert(connection: Connection, made: Subscription, digest: bytes) -> None:
    """Write a subscription with the digest of its secret."""
    await connection.execute(
        """INSERT INTO subscription (subscription_id, digest, name, county, unit, issued_at, issued_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        made.subscription_id,
        digest,
        made.name,
        made.county,
        made.unit,
        made.issued_at,
        made.issued_by,
    )


async def revoke(connection: Connection, subscription_id: str, *, at: datetime, by: str) -> Subscription | None:
    """End a subscription and return it, or None where there is none of this id; one that has ended stays as it ended."""
    row = await connection.fetchrow(
        f"""UPDATE subscription SET revoked_at = coalesce(revoked_at, $2), revoked_by = coalesce(revoked_by, $3)
             WHERE subscription_id = $1 RETURNING {_COLUMNS}""",  # noqa: S608 - our own columns
        subscription_id,
        at,
        by,
    )
    return None if row is None else _subscription(row)


async def by_digest(connection: Connection, digest: bytes) -> Subscription | None:
    """Return the subscription with this secret, or None where there is none or it was revoked."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM subscription WHERE digest = $1 AND revoked_at IS NULL",  # noqa: S608 - our own columns
        digest,
    )
    return None if row is None else _subscription(row)


async def page(connection: Connection, *, after: str, limit: int) -> list[Subscription]:
    """Return up to `limit` subscriptions in order of their ids, behind `after`."""
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS} FROM subscription WHERE subscription_id > $1
             ORDER BY subscription_id LIMIT $2""",  # noqa: S608 - our own columns
        after,
        limit,
    )
    return [_subscription(row) for row in rows]


def _subscription(row: asyncpg.Record) -> Subscription:
    return Subscription(**row)
