"""What waits for a channel's return: read by place, made due oldest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.notifications.delivery.model.returning import Back
from services.notifications.delivery.model.rows import OpenDelivery
from services.notifications.delivery.tables.queue import open_delivery

_BACK: Final = Columns[Back]({"channel": "text", "away": "text", "place": "text"})

# `away` tells whether anything is awaited; place and time beside it mean nothing without it.
_SOONER: Final = Columns[OpenDelivery](
    {
        "delivery_id": "uuid",
        "next_attempt_at": ("timestamptz", "state.next_attempt_at"),
        "tries": ("integer", "state.tries"),
        "early": ("integer", "state.early"),
        "away": ("text", lambda _: None),
    }
)

# The release before leaves `away` as it was when it tries a delivery again: what is older than the last attempt is not so.
_LOCK: Final = f"""
    SELECT delivery.* FROM delivery
      JOIN {_BACK.rows("back", first=3)}
        ON delivery.channel = back.channel AND delivery.away = back.away AND delivery.away_place = back.place
      JOIN delivery_attempt AS last
        ON last.delivery_id = delivery.delivery_id AND last.attempt = delivery.attempts AND last.begun_at <= delivery.away_at
     WHERE delivery.state = 'pending' AND delivery.position > $1
     ORDER BY delivery.position LIMIT $2 FOR UPDATE OF delivery"""  # noqa: S608


async def lock(connection: Connection, back: Collection[Back], *, after: int, limit: int) -> Sequence[OpenDelivery]:
    """Lock up to `limit` deliveries that wait for these places, oldest first, beyond the position `after`."""
    rows = await connection.fetch(_LOCK, after, limit, *_BACK.arguments(sorted(back)))
    return [open_delivery(row) for row in rows]


async def store(connection: Connection, deliveries: Sequence[OpenDelivery]) -> None:
    """Store when these locked deliveries are due now; nothing is awaited for them any more."""
    await connection.execute(_SOONER.update("delivery", ["delivery_id"]), *_SOONER.arguments(deliveries))


async def unreached(connection: Connection) -> Sequence[tuple[str, str]]:
    """Return (channel, address) for each place that was not reached and is waited for: one of the addresses there."""
    rows = await connection.fetch(
        """SELECT DISTINCT ON (channel, away_place) channel, address FROM delivery
            WHERE state = 'pending' AND away = 'unreached' ORDER BY channel, away_place, position"""
    )
    return [(row["channel"], row["address"]) for row in rows]
