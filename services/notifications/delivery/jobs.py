"""The delivery role: letters are carried, and what waits or is stuck is shown."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Final

from services.chassis.process.clock import Clock
from services.chassis.process.periodic import every
from services.chassis.storage.database import Database
from services.notifications.delivery.handlers.courier import Courier
from services.notifications.delivery.model.delivery import DeliveryState
from services.notifications.delivery.tables import reads
from services.notifications.metrics import NOTICE_OLDEST_PENDING, NOTICE_PENDING, NOTICE_UNRESOLVED

POLL_SECONDS: Final = 0.3
GAUGES_SECONDS: Final = 2.0
_WAITING: Final = (DeliveryState.PENDING, DeliveryState.SENDING)
_STUCK: Final = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)


async def carry_letters(courier: Courier, clock: Clock, stopping: asyncio.Event) -> None:
    """Carry letters until `stopping`; those on their way are waited for."""
    try:
        work = partial(courier.carry_due, stopping)
        await every(POLL_SECONDS, work, clock=clock, stopping=stopping, name="courier")
    finally:
        await courier.finish()


async def report_gauges(database: Database, clock: Clock, channels: Iterable[str]) -> None:
    """Set the gauges from the tables; they are right after a restart too."""
    async with database.acquire() as connection:
        census = await reads.census(connection)
        oldest = await reads.oldest_pending(connection)
    counts = Counter({(channel, state): count for channel, state, count in census})
    for channel in {*channels, *(channel for channel, _, _ in census)}:
        NOTICE_PENDING.labels(channel).set(sum(counts[channel, state] for state in _WAITING))
        for state in _STUCK:
            NOTICE_UNRESOLVED.labels(channel, state).set(counts[channel, state])
    NOTICE_OLDEST_PENDING.set((oldest or clock.wall()).timestamp())
