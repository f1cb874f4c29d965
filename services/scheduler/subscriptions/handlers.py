"""Issuing the secret by which a calendar program asks, and finding what it is shown."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Final
from uuid import uuid4

from services.chassis.storage.database import Connection
from services.scheduler.subscriptions import tables
from services.scheduler.subscriptions.model import NewSubscription, Subscription, digest_of
from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.tables import calendars

_PAST: Final = timedelta(days=92)
_AHEAD: Final = timedelta(days=400)
# The first due; a county with 300 duties a month has a third of it in a year.
_MOST_EVENTS: Final = 10_000


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


async def tasks_of(connection: Connection, subscription: Subscription, today: date) -> list[tuple[Task, int]]:
    """Return the tasks of a subscription due since a quarter and in the next 400 days, each with its row's revision."""
    return await calendars.of_place(
        connection,
        county=subscription.county,
        unit=subscription.unit,
        due_from=today - _PAST,
        due_to=today + _AHEAD,
        limit=_MOST_EVENTS,
    )
