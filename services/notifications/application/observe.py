"""Show what waits and what is stuck."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

import structlog

from duban_contracts.events.notices import DeliveryChannel
from services.chassis.storage.database import RETRYABLE, Database
from services.notifications.application.outcome import Books
from services.notifications.domain.delivery import DeliveryState
from services.notifications.metrics import NOTICE_OLDEST_PENDING, NOTICE_PENDING, NOTICE_UNRESOLVED

_log = structlog.get_logger(__name__)

_EVERY_SECONDS: Final = 2.0
_WAITING: Final = (DeliveryState.PENDING, DeliveryState.SENDING)
_STUCK: Final = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)


async def report(database: Database, books: Books) -> None:
    """Set the gauges from the tables; they are right after a restart too."""
    async with database.acquire() as connection:
        census = await books.deliveries.census(connection)
        oldest = await books.deliveries.oldest_pending(connection)
    counts = Counter({(channel, state): count for channel, state, count in census})
    for channel in DeliveryChannel:
        NOTICE_PENDING.labels(channel).set(sum(counts[channel, state] for state in _WAITING))
        for state in _STUCK:
            NOTICE_UNRESOLVED.labels(channel, state).set(counts[channel, state])
    NOTICE_OLDEST_PENDING.set((oldest or books.clock.wall()).timestamp())


async def keep_reporting(database: Database, books: Books, stopping: asyncio.Event) -> None:
    """Set the gauges about every two seconds until `stopping`."""
    while not stopping.is_set():
        try:
            await report(database, books)
        except RETRYABLE as error:
            _log.warning("gauges not readable yet", reason=type(error).__name__)
        try:
            async with asyncio.timeout(_EVERY_SECONDS):
                await stopping.wait()
        except TimeoutError:
            continue
