"""Begin what is due: an attempt is written down before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence

from services.chassis.process import failpoints
from services.notifications.channels.model.channel import Parcel
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.model.pace import MINUTE, full, within_limits
from services.notifications.delivery.model.rows import Attempt
from services.notifications.delivery.tables import queue


async def begin_due(limit: int, deps: Deps) -> Sequence[tuple[Attempt, Parcel]]:
    """Begin up to `limit` due deliveries that nobody else is taking, oldest first, and return what is to be sent.

    A delivery over a channel that takes so many a minute stays due until its address takes another one.
    """
    now = deps.clock.wall()
    async with deps.database.transaction() as connection:
        begun = await queue.count_begun(connection, since=now - MINUTE, channels=deps.limits) if deps.limits else {}
        due = await queue.lock_due(connection, now=now, limit=limit, occupied=full(begun, deps.limits))
        chosen = within_limits(due, begun, deps.limits)
        if not chosen:
            return []
        attempts = await queue.begin(connection, chosen, now=now, lease_until=now + deps.lease)
        contents = await deps.sender.contents(connection, {attempt.letter_id for attempt in attempts})
    failpoints.reach("notifications.after_begin")
    return [
        (
            attempt,
            Parcel(
                delivery_id=attempt.delivery_id,
                attempt=attempt.attempt,
                endpoint=attempt.endpoint,
                content=contents[attempt.letter_id],
            ),
        )
        for attempt in attempts
    ]
