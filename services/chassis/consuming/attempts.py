"""Applying a batch, however long it takes: what is away is tried again, what can't be applied is found and given up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import structlog

from services.chassis.consuming import dead_letters, holds
from services.chassis.consuming.batches import BatchProcessor, Tally
from services.chassis.consuming.dead_letters import DeadLetterLimit
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.errors import DeadLetterLimitExceeded, Poison, is_away
from services.chassis.consuming.holds import FloodLimit
from services.chassis.consuming.observer import Observer
from services.chassis.process.clock import Clock, back_off
from services.chassis.process.failpoints import reach
from services.chassis.storage.database import Database, is_retryable
from services.chassis.telemetry import metrics, tracing

_log = structlog.get_logger(__name__)


class Attempts:
    """Makes attempts at one consumer's batches. The kinds of failure are told apart here (docs/adr/0022)."""

    def __init__(
        self,
        *,
        consumer: str,
        processor: BatchProcessor,
        database: Database,
        clock: Clock,
        limit: DeadLetterLimit,
        floods: FloodLimit,
    ) -> None:
        self._consumer = consumer
        self._processor = processor
        self._database = database
        self._clock = clock
        self._limit = limit
        self._floods = floods

    async def check_limit(self, observer: Observer, stopping: asyncio.Event) -> None:
        """Raise DeadLetterLimitExceeded when too much failed; waits for a database that is away."""
        attempt = 0
        while not stopping.is_set():
            try:
                async with self._database.acquire() as connection:
                    await dead_letters.check_limit(connection, self._consumer, self._limit)
            except Exception as error:
                if not is_retryable(error):
                    raise
                _log.warning("database is away", consumer=self._consumer, error=repr(error))
                observer.waits()
                await back_off(self._clock, attempt)
                attempt += 1
            else:
                return

    async def apply(
        self, records: Sequence[RawRecord], observer: Observer, stopping: asyncio.Event, *, singly: bool = False
    ) -> bool:
        """Apply `records` in one transaction, however long it takes; return False when asked to stop first."""
        poisoned: dict[str, Poison] = {}
        attempt = 0
        while not stopping.is_set():
            observer.turned()
            started = time.perf_counter()
            try:
                with tracing.span(self._consumer, traceparent=_traceparent(records)):
                    async with self._database.transaction(waits=observer.waits) as connection:
                        tally = await self._processor.process(connection, records, poisoned, singly=singly)
                        reach("consumer.before_database_commit")
            except DeadLetterLimitExceeded:
                raise
            except Exception as error:
                if is_away(error):
                    _log.warning("batch is tried again", consumer=self._consumer, error=repr(error), attempt=attempt)
                    observer.waits()
                    await back_off(self._clock, attempt)
                    attempt += 1
                    continue
                poison = error if isinstance(error, Poison) else Poison("unexpected-error", repr(error))
                culprit = poison.delivery.record if poison.delivery else records[0] if singly else None
                if culprit is None:
                    return await self._one_by_one(records, observer, stopping)
                if culprit.origin in poisoned:
                    raise
                _log.exception("event given up", consumer=self._consumer, **_names(poison, culprit))
                poisoned[culprit.origin] = poison
            else:
                reach("consumer.database_committed")
                self._measure(records, time.perf_counter() - started)
                await self._look_at(tally, records, observer, stopping)
                return True
        return False

    async def _look_at(
        self, tally: Tally, records: Sequence[RawRecord], observer: Observer, stopping: asyncio.Event
    ) -> None:
        """Count what became of a committed batch, and see whether too much of it failed or was refused."""
        tally.count()
        for record in records:
            if record.unreadable is not None:
                metrics.CONSUMER_UNREADABLE.labels(self._consumer, record.topic).inc()
        if tally.outcomes["dead_lettered"]:
            await self.check_limit(observer, stopping)
        if tally.outcomes["refused"]:
            await self._hold_floods(records, observer)

    async def _hold_floods(self, records: Sequence[RawRecord], observer: Observer) -> None:
        """Hold partitions that flood us; a database that is away just now is asked with the next refusal."""
        try:
            async with self._database.transaction(waits=observer.waits) as connection:
                partitions = {record.topic_partition for record in records}
                held = await holds.hold_floods(connection, self._consumer, partitions, self._floods)
        except Exception as error:
            if not is_away(error):
                raise
            return
        for partition in held:
            observer.hold(partition)
            _log.error(
                "partition is held", consumer=self._consumer, topic=partition.topic, partition=partition.partition
            )

    async def _one_by_one(self, records: Sequence[RawRecord], observer: Observer, stopping: asyncio.Event) -> bool:
        """Apply each record in a transaction of its own, to find the one that can't be applied."""
        for record in records:
            if not await self.apply([record], observer, stopping, singly=True):
                return False
        return True

    def _measure(self, records: Sequence[RawRecord], seconds: float) -> None:
        metrics.CONSUMER_BATCH_DURATION.labels(self._consumer).observe(seconds)
        now = self._clock.wall().timestamp()
        age = metrics.CONSUMER_EVENT_AGE.labels(self._consumer)
        for record in records:
            age.observe(max(0.0, now - record.timestamp.timestamp()))


def _traceparent(records: Sequence[RawRecord]) -> str | None:
    """Return the trace of the batch's first event; a batch is one span, each event carries its own context on."""
    return next((value.decode("latin-1") for name, value in records[0].headers if name == "traceparent"), None)


def _names(poison: Poison, culprit: RawRecord) -> dict[str, str | None]:
    delivery = poison.delivery
    return {
        "code": poison.code,
        "origin": culprit.origin,
        "event_id": delivery.event.id if delivery else None,
        "subject": delivery.event.subject if delivery else None,
    }
