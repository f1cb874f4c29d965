"""Take each event in once: the claim of its identity commits together with its effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection

_IDENTITY: Final[Columns[UUID]] = Columns({"identity": ("uuid", lambda identity: identity)})
_CLAIM: Final = f"""
INSERT INTO inbox (consumer, identity) SELECT $1, identity FROM {_IDENTITY.rows("new", 2)}
    ON CONFLICT DO NOTHING RETURNING identity"""  # noqa: S608


async def claim(connection: Connection, consumer: str, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return the deliveries not seen before, in their order, and remember them in the caller's transaction."""
    first = {delivery.identity: delivery for delivery in reversed(deliveries)}
    rows = await connection.fetch(
        _CLAIM,
        consumer,
        # One order for all, so that two instances that take the same events can't deadlock.
        *_IDENTITY.arguments(sorted(first)),
    )
    new = {row["identity"] for row in rows}
    return [d for d in deliveries if d.identity in new and first[d.identity] is d]
