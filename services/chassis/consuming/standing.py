"""How a consumer stands, said in one place for Prometheus and for `/readyz`: it reads, or why it doesn't."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.chassis.process.clock import Clock
from services.chassis.telemetry import metrics

_UNKNOWN: Final = float("nan")


class ConsumerReadiness:
    """Whether one consumer of this process reads. Before it was begun here nothing is said: its role runs elsewhere."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._waits_for: str | None = None
        self._since: datetime | None = None

    def begins(self, clock: Clock) -> datetime:
        """Note that the consumer is run in this process, and return since when (wall): what is not known is as old as this.

        One that died and is begun again is no younger for it: a stall ends the role after 90 s, and its alarm must not end.
        """
        if self._since is None:
            self._since = clock.wall()
            metrics.CONSUMER_OLDEST_UNPROCESSED.labels(self._consumer).set(self._since.timestamp())
            metrics.CONSUMER_PARTITIONS.labels(self._consumer).set(0)
        self.waits("has not joined its group yet")
        return self._since

    def reads(self) -> None:
        """Note that it has its partitions, be they none, and that the broker answers."""
        self._waits_for = None
        metrics.CONSUMER_READING.labels(self._consumer).set(1)

    def waits(self, why: str) -> None:
        """Note that it does not read, and why; how far it lags behind is not known meanwhile."""
        self._waits_for = why
        metrics.CONSUMER_READING.labels(self._consumer).set(0)
        metrics.CONSUMER_LAG.labels(self._consumer).set(_UNKNOWN)

    async def missing(self) -> str | None:
        """Say what is missing until it reads, or None."""
        return None if self._waits_for is None else f"{self._consumer}: {self._waits_for}"
