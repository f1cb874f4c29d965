"""Gauges of a consumer that stand in the database: true from the start, whether or not there is a broker."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

import structlog

from services.chassis.consuming import dead_letters, holds
from services.chassis.consuming.dead_letters import DeadLetterLimit
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database, is_retryable
from services.chassis.telemetry import metrics

_log = structlog.get_logger(__name__)

# Prometheus looks every 15 s.
_EVERY_SECONDS: Final = 5.0


class Telling:
    """What one consumer gave up, parked and holds, and whether it stands still for it."""

    def __init__(self, consumer: str, database: Database, clock: Clock, limit: DeadLetterLimit) -> None:
        self._consumer = consumer
        self._database = database
        self._clock = clock
        self._limit = limit
        self._held: set[str] = set()

    async def keep_on(self) -> None:
        """Tell every five seconds, until cancelled."""
        while True:
            try:
                async with self._database.acquire() as connection:
                    await dead_letters.report(connection, self._consumer, self._limit)
                    await self._report_holds(connection)
            except Exception as error:  # noqa: BLE001 - nobody waits for this task; it must not end unseen
                tell = _log.info if is_retryable(error) else _log.error
                tell("gauges from the database stand", consumer=self._consumer, error=repr(error))
            await self._clock.sleep(_EVERY_SECONDS)

    async def _report_holds(self, connection: Connection) -> None:
        held = {hold.topic for hold in await holds.open_holds(connection, self._consumer)}
        for topic in self._held | held:
            metrics.CONSUMER_HELD.labels(self._consumer, topic).set(topic in held)
        self._held = held


class TopicsTold:
    """Of each topic that a consumer reads whether it is held. Told again only where something changed: a city has 300 of them."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._last: tuple[AbstractSet[str], AbstractSet[str]] = set(), set()

    def tell(self, read: AbstractSet[str], held: AbstractSet[str]) -> None:
        """Tell it of the topics that are `read`."""
        if (read, held) == self._last:
            return
        self._last = read, held
        for topic in read:
            metrics.CONSUMER_HELD.labels(self._consumer, topic).set(topic in held)
            # From 0, so that the first one is seen as an increase.
            metrics.CONSUMER_UNREADABLE.labels(self._consumer, topic)
