"""Booking taken events in batches: one transaction a batch, and only then may Kafka's offset move on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeVar

import structlog
from aiokafka.errors import KafkaError

from services.chassis.consuming import dead_letters
from services.chassis.consuming.dead_letters import DeadLetter, DeadLetterLimit
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.errors import DeadLetterLimitExceeded, Retryable
from services.chassis.process.clock import Clock, back_off
from services.chassis.process.failpoints import reach
from services.chassis.storage.database import RETRYABLE, Connection, Database
from services.chassis.telemetry import metrics
from services.statistics.adapters import projection
from services.statistics.adapters.projection import Change, Counted, PartitionProgress
from services.statistics.application.intake import Heartbeat
from services.statistics.domain.record import Entry, Measure
from services.statistics.metrics import CLEARANCE_DURATION

_log = structlog.get_logger(__name__)
_Result = TypeVar("_Result")

CONSUMER: Final = "statistics.hazards"
_TABLE_WRITE_SECONDS: Final = 30
# A closing that comes this late comes from a replay: the histogram shows trend and must not jump for it.
_REPLAY_AGE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """One record on its way into the books. `outcome` is its label in the consumer's counter.

    `table_write` resolves when the stream table's changelog has the record; `ack` lets Kafka's offset pass it.
    """

    record: RawRecord
    outcome: str
    ack: Callable[[], object]
    entry: Entry | None = None
    heartbeat: Heartbeat | None = None
    change: Change | None = None
    letter: DeadLetter | None = None
    table_write: Awaitable[object] | None = None


class Bookkeeper:
    """Takes what the stream hands in and books it, a batch at a time, in the order it came."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        topic_prefix: str = "",
        batch: int = 500,
        room: int = 1000,
        limit: DeadLetterLimit | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._topic_prefix = topic_prefix
        self._batch = batch
        self._room = room
        self._limit = limit or DeadLetterLimit()
        self._waiting: list[Taken] = []
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self.applied: dict[int, PartitionProgress] = {}
        self.last_back_off = float("-inf")

    async def hand_in(self, taken: Taken) -> None:
        """Queue one record; waits while too many are queued."""
        while len(self._waiting) >= self._room:
            self._emptied.clear()
            await self._emptied.wait()
        self._waiting.append(taken)
        self._filled.set()

    async def run(self) -> None:
        """Book batches until cancelled. Raises DeadLetterLimitExceeded, or what the stream table's write raised."""
        async with self._database.acquire() as connection:
            await dead_letters.check_limit(connection, CONSUMER, self._limit)
        while True:
            await self._filled.wait()
            batch = self._waiting[: self._batch]
            reach("statistics.taken")
            started = time.perf_counter()
            await self._book(batch)
            reach("statistics.booked")
            await self._wait_for_table(batch)
            self._measure(batch, time.perf_counter() - started)
            for taken in batch:
                taken.ack()
            del self._waiting[: len(batch)]
            self._emptied.set()
            if not self._waiting:
                self._filled.clear()

    async def read(self, query: Callable[[Connection], Awaitable[_Result]]) -> _Result:
        """Run a read for the stream, waiting as long as the database is away."""
        attempt = 0
        while True:
            try:
                async with self._database.acquire() as connection:
                    return await query(connection)
            except (Retryable, *RETRYABLE) as error:
                attempt = await self._back_off(attempt, error)

    async def _book(self, batch: Sequence[Taken]) -> None:
        attempt = 0
        while True:
            try:
                async with self._database.transaction() as connection:
                    counted = await self._write(connection, batch)
                    reach("statistics.before_database_commit")
            except DeadLetterLimitExceeded:
                raise
            except (Retryable, KafkaError, *RETRYABLE) as error:
                attempt = await self._back_off(attempt, error)
            except Exception as error:  # noqa: BLE001 - anything else is about one record: find it
                await self._isolate(batch, error)
                return
            else:
                self._note(batch, counted)
                return

    async def _write(self, connection: Connection, batch: Sequence[Taken]) -> list[Counted]:
        counted = await projection.save(connection, [taken.change for taken in batch if taken.change is not None])
        await projection.save_progress(connection, _progress(batch))
        for taken in batch:
            if taken.letter is not None:
                await dead_letters.keep(connection, CONSUMER, self._topic_prefix, taken.letter)
                await dead_letters.check_limit(connection, CONSUMER, self._limit)
        return counted

    async def _isolate(self, batch: Sequence[Taken], error: Exception) -> None:
        """Book each record alone; the one that can't be booked becomes a dead letter and its neighbours go on."""
        if len(batch) > 1:
            for taken in batch:
                await self._book([taken])
            return
        taken = batch[0]
        if taken.letter is not None:
            raise error
        _log.error("event given up", consumer=CONSUMER, origin=taken.record.origin, error=repr(error))
        letter = DeadLetter(taken.record, "unexpected-error", repr(error))
        await self._book([replace(taken, change=None, letter=letter, outcome="dead_lettered")])

    async def _back_off(self, attempt: int, error: BaseException) -> int:
        self.last_back_off = time.monotonic()
        _log.warning("the database is tried again", consumer=CONSUMER, error=repr(error), attempt=attempt)
        await back_off(self._clock, attempt)
        return attempt + 1

    async def _wait_for_table(self, batch: Sequence[Taken]) -> None:
        writes = [taken.table_write for taken in batch if taken.table_write is not None]
        async with asyncio.timeout(_TABLE_WRITE_SECONDS):
            await asyncio.gather(*writes)

    def _note(self, batch: Sequence[Taken], counted: Sequence[Counted]) -> None:
        for partition, at in _progress(batch).items():
            self.applied[partition] = at
        for taken in batch:
            metrics.CONSUMER_EVENTS.labels(CONSUMER, taken.outcome).inc()
            if taken.heartbeat is not None:
                reached = self._clock.wall_at(taken.heartbeat.applied_through)
                metrics.HEARTBEAT.labels(CONSUMER).set(reached.timestamp())
        self._observe_clearance(batch, counted)

    def _observe_clearance(self, batch: Sequence[Taken], counted: Sequence[Counted]) -> None:
        live_from = self._clock.wall() - _REPLAY_AGE
        steps = {
            (taken.change.record.hazard_id, step.version): step
            for taken in batch
            if taken.change is not None and taken.record.timestamp >= live_from
            for step in taken.change.record.steps_from(taken.change.since)
        }
        for count in counted:
            step = steps.get((count.hazard_id, count.version))
            if count.measure is Measure.CLOSED and step and step.confirmed_at and step.closed_at:
                seconds = (step.closed_at - step.confirmed_at).total_seconds()
                CLEARANCE_DURATION.labels(count.cell.county, count.cell.grade).observe(max(0.0, seconds))

    def _measure(self, batch: Sequence[Taken], seconds: float) -> None:
        metrics.CONSUMER_BATCH_DURATION.labels(CONSUMER).observe(seconds)
        now = self._clock.wall().timestamp()
        age = metrics.CONSUMER_EVENT_AGE.labels(CONSUMER)
        newest = 0.0
        for taken in batch:
            broker_time = taken.record.timestamp.timestamp()
            newest = max(newest, broker_time)
            age.observe(max(0.0, now - broker_time))
        metrics.CONSUMER_LAST_EVENT.labels(CONSUMER).set(newest)


def _progress(batch: Sequence[Taken]) -> dict[int, PartitionProgress]:
    progress: dict[int, PartitionProgress] = {}
    for taken in batch:
        record, known = taken.record, progress.get(taken.record.partition)
        progress[record.partition] = PartitionProgress(
            offset=record.offset,
            recorded_at=record.timestamp,
            applied_through=taken.heartbeat.applied_through
            if taken.heartbeat
            else (known.applied_through if known else None),
            last_event_at=taken.entry.occurred_at if taken.entry else (known.last_event_at if known else None),
        )
    return progress
