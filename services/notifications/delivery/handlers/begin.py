"""Begin what is due: an attempt is written down before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.process import failpoints
from services.chassis.storage.database import Connection
from services.notifications.channels.model.channel import Parcel
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.model.pace import full, one_of_each, within_limits
from services.notifications.delivery.model.rows import Attempt
from services.notifications.delivery.tables import queue


async def anything_due(deps: Deps) -> bool:
    """Return whether a delivery is due or an attempt was lost. Asked three times a second, mostly for nothing: it locks nothing."""
    async with deps.database.acquire() as connection:
        return await queue.anything_due(connection, deps.clock.wall())


async def begin_due(limit: int, deps: Deps) -> Sequence[tuple[Attempt, Parcel]]:
    """Begin up to `limit` due deliveries that nobody else is taking, oldest first, and return what is to be sent.

    A delivery over a channel that takes so many a second or a minute stays due until its address takes another one, and one over a
    channel that rests until that is over. Of a channel that was refused one is begun, and asks for all that are due.
    """
    async with deps.database.transaction() as connection:
        chosen = await _choose(connection, deps.clock.wall(), limit, deps)
        if not chosen:
            return []
        # Read when everybody's turn of counting is ours: whoever waited for it began nothing before.
        now = deps.clock.wall()
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


async def _choose(connection: Connection, now: datetime, limit: int, deps: Deps) -> Sequence[UUID]:
    """Lock what is due and return what may begin now."""
    resting, alone = deps.resting, deps.asking_alone
    due = one_of_each(await queue.lock_due(connection, now=now, limit=limit, occupied=(), resting=resting), alone)
    # Who counts takes turns with all others, so nobody does for letters that no limit concerns.
    if not any(each.channel in limits for each in due for limits in deps.limits.values()):
        return [each.delivery_id for each in due]
    paces = [
        (await queue.count_begun(connection, since=now - window, channels=limits), limits)
        for window, limits in deps.limits.items()
    ]
    occupied = {place for pace in paces for place in full(*pace)}
    due = one_of_each(await queue.lock_due(connection, now=now, limit=limit, occupied=occupied, resting=resting), alone)
    # Each allows the oldest of a place, so what all of them allow is as much as the narrowest does.
    allowed = [set(within_limits(due, *pace)) for pace in paces]
    return [each.delivery_id for each in due if all(each.delivery_id in ids for ids in allowed)]
