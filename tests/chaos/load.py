"""Continuous publishing through outages: a publisher that keeps each key's order and never forgets an event."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from duban_contracts.cloudevents import CloudEvent
from services.chassis.publishing.outbox import outgoing
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.testing.workers import rectified

_KEYS = 10
_PAUSE_SECONDS = 0.1


class Load:
    """Publishes one event for each key, waits until the broker has acknowledged all of them, and goes on.

    What was not acknowledged is sent again under the same id: it may stand in the topic twice, never in wrong order.
    """

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._producer = ReliableProducer(bootstrap, "load", timeout=5)
        self._topic = topic
        self.acknowledged: list[CloudEvent] = []
        self.refused = 0

    async def publish(self, stopping: asyncio.Event) -> None:
        """Publish until `stopping` is set and the round in hand is acknowledged."""
        for turn in itertools.count():
            if stopping.is_set():
                break
            events = [rectified(f"K{key}", measures=f"{turn}") for key in range(_KEYS)]
            waiting = events
            while waiting:
                results = await self._producer.publish([outgoing(self._topic, event) for event in waiting])
                waiting = [event for event, result in zip(waiting, results, strict=True) if result is not None]
                self.refused += len(waiting)
                await asyncio.sleep(_PAUSE_SECONDS)
            self.acknowledged += events
        await self._producer.stop()

    async def moves_on(self, rounds: int = 5, *, seconds: float = 150) -> None:
        """Return when `rounds` more rounds were acknowledged; raises TimeoutError after `seconds`."""
        target = len(self.acknowledged) + rounds * _KEYS
        async with asyncio.timeout(seconds):
            while len(self.acknowledged) < target:  # noqa: ASYNC110 - a condition is polled, with a deadline
                await asyncio.sleep(_PAUSE_SECONDS)


@asynccontextmanager
async def load(bootstrap: str, topic: str) -> AsyncIterator[Load]:
    """Publish to `topic` while the block runs."""
    stopping = asyncio.Event()
    running = Load(bootstrap, topic)
    task = asyncio.create_task(running.publish(stopping))
    try:
        yield running
    finally:
        stopping.set()
        async with asyncio.timeout(150):
            await task
