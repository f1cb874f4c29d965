"""How a consumer stands, said in one place for Prometheus and for `/readyz`: it reads, or why it doesn't."""

from __future__ import annotations

from typing import Final

from services.chassis.process.clock import Clock
from services.chassis.telemetry import metrics

_UNKNOWN: Final = float("nan")


class Standing:
    """Whether one consumer of this process reads. Before it was begun here nothing is said: its role runs elsewhere."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._waits_for: str | None = None

    def begins(self, clock: Clock) -> None:
        """Note that the consumer is run in this process; what is not known from now on is as old as this."""
        metrics.CONSUMER_OLDEST_UNPROCESSED.labels(self._consumer).set(clock.wall().timestamp())
        self.waits("has not joined its group yet")

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
