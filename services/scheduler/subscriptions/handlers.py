"""Issuing the secret by which a calendar program asks."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import uuid4

from services.chassis.storage.database import Connection
from services.scheduler.subscriptions import tables
from services.scheduler.subscriptions.model import NewSubscription, Subscription, digest_of


async def issue(connection: Connection, wanted: NewSubscription, *, at: datetime, by: str) -> tuple[Subscription, str]:
    """Keep a new subscription and return it with its secret, 256 random bits, of which only the digest is kept."""
    made = Subscription(
        subscription_id=str(uuid4()),
        name=wanted.name,
        county=wanted.county,
        unit=wanted.unit,
        issued_at=at,
        issued_by=by,
    )
    token = secrets.token_urlsafe(32)
    digest = digest_of(token)
    assert digest is not None  # noqa: S101 - a secret of our own
    await tables.insert(connection, made, digest)
    return made, token
