"""The consumer loop: at-least-once from Kafka, exactly-once in effect through PostgreSQL (DESIGN §5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.chassis import dead_letters, metrics, tracing
from services.chassis.batches import Apply, BatchProcessor, Ordering, Progress, Refuse
from services.chassis.clock import Clock
from services.chassis.database import RETRYABLE, Database, is_retryable
from services.chassis.dead_letters import DeadLetterLimit
from services.chassis.errors import DeadLetterLimitExceeded, Poison, Retryable
from services.chassis.failpoints import reach
from services.chassis.observer import Observer
from services.chassis.records import Delivery, RawRecord, raw

__all__ = ["Apply", "Consumer", "ConsumerOptions", "Delivery", "Ordering", "Progress", "RawRecord", "Refuse"]

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_STOP_SECONDS: Final = 10
_SETTLED_SECONDS: Final = 60
_COMMIT_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """How a consumer fetches, and when it gives up. Times in seconds."""

    max_records: int = 500
    poll_seconds: float = 0.2
    session_timeout: float = 10.0
    # Above the database's 60 s for a statement: one that it swallowed is tried again and is no stall.
    stall_timeout: float = 90.0
    observe_every: float = 1.0
    dead_letters: DeadLetterLimit = field(default_factory=DeadLetterLimit)


class Consumer:
    """Reads topics as one member of a group and applies each fetched batch in one transaction."""

    def __init__(  # noqa: PLR0913 - wired once, by name, in bootstrap.py
        self,
        *,
        name: str,
        topics: Sequence[str],
        bootstrap: str,
        database: Database,
        clock: Clock,
        apply: Apply,
        ordering: Ordering,
        topic_prefix: str = "",
        refuse: Refuse | None = None,
        progress: Progress | None = None,
        options: ConsumerOptions | None = None,
    ) -> None:
        self._name = name
        self._topics = topics
        self._bootstrap = bootstrap
        self._group = f"{topic_prefix}{name}"
        self._database = database
        self._clock = clock
        self._options = options or ConsumerOptions()
        self._processor = BatchProcessor(name, apply, ordering, topic_prefix, refuse, progress, clock)

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until `stopping`; then finish the batch in hand, commit and leave the group.

        Raises DeadLetterLimitExceeded when too much fails and Stalled when there is work and nothing moves.
        """
        attempt = 0
        while not stopping.is_set():
            began = time.monotonic()
            try:
                await self._be_member(stopping)
            except KafkaError as error:
                # aiokafka's background tasks can die for good when a broker does: a new client starts from what is
                # committed. What is permanently wrong shows as lag, and in this warning.
                _log.warning("kafka consumer is built anew", consumer=self._name, error=repr(error))
                attempt = 0 if time.monotonic() - began > _SETTLED_SECONDS else attempt + 1
                await self._back_off(attempt)

    async def _be_member(self, stopping: asyncio.Event) -> None:
        """Be a member of the group with one client until `stopping`; raises KafkaError when the client broke."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=f"duban-{self._name}",
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._options.session_timeout * 1000),
            heartbeat_interval_ms=int(self._options.session_timeout * 300),
            fetch_max_wait_ms=100,
            metadata_max_age_ms=30_000,
        )
        try:
            if not await self._start(consumer, stopping):
                return
            observer = Observer(
                name=self._name,
                consumer=consumer,
                bootstrap=self._bootstrap,
                database=self._database,
                clock=self._clock,
                stall_timeout=self._options.stall_timeout,
            )
            consumer.subscribe(self._topics, listener=observer)
            tasks = [
                asyncio.create_task(self._loop(consumer, observer, stopping), name=f"{self._name}-loop"),
                asyncio.create_task(self._keep_observing(observer), name=f"{self._name}-observe"),
                asyncio.create_task(observer.watch(), name=f"{self._name}-watch"),
            ]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    if task.cancelled():
                        # Nobody here did that: the client's own task was cancelled, and its result handed to us.
                        raise KafkaError("the client's background task was cancelled")
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await _leave(consumer)

    async def _start(self, consumer: AIOKafkaConsumer, stopping: asyncio.Event) -> bool:
        """Join the group, waiting for the broker as long as it takes; return False when asked to stop first."""
        attempt = 0
        while not stopping.is_set():
            try:
                await _unless(stopping, consumer.start())
            except (KafkaError, OSError) as error:
                _log.warning("kafka is not reachable yet", consumer=self._name, error=repr(error))
                await self._back_off(attempt)
                attempt += 1
            else:
                return not stopping.is_set()
        return False

    async def _loop(self, consumer: AIOKafkaConsumer, observer: Observer, stopping: asyncio.Event) -> None:
        await self._check_limit(observer, stopping)
        while not stopping.is_set():
            observer.turned()
            # In a rebalance aiokafka's getmany waits for the new assignment, however long that takes.
            records, membership = await _unless(stopping, self._fetch(consumer, observer)) or ([], 0)
            if records:
                reach("consumer.fetched")
                if not await self._process(records, observer, stopping):
                    return
                observer.applied(records, membership)
                if membership == observer.membership:
                    await self._commit(consumer, records)
                reach("consumer.offset_committed")

    async def _fetch(self, consumer: AIOKafkaConsumer, observer: Observer) -> tuple[list[RawRecord], int]:
        fetched = await consumer.getmany(
            timeout_ms=int(self._options.poll_seconds * 1000), max_records=self._options.max_records
        )
        records = [raw(record) for batch in fetched.values() for record in batch]
        return records, observer.took(records)

    async def _check_limit(self, observer: Observer, stopping: asyncio.Event) -> None:
        attempt = 0
        while not stopping.is_set():
            try:
                async with self._database.acquire() as connection:
                    await dead_letters.check_limit(connection, self._name, self._options.dead_letters)
            except Exception as error:
                if not is_retryable(error):
                    raise
                _log.warning("database is away", consumer=self._name, error=repr(error))
                observer.waits()
                await self._back_off(attempt)
                attempt += 1
            else:
                return

    async def _process(
        self, records: Sequence[RawRecord], observer: Observer, stopping: asyncio.Event, *, singly: bool = False
    ) -> bool:
        """Apply `records` in one transaction, however long it takes; return False when asked to stop first."""
        poisoned: dict[str, Poison] = {}
        attempt = 0
        while not stopping.is_set():
            observer.turned()
            started = time.perf_counter()
            try:
                with tracing.span(self._name, traceparent=_traceparent(records)):
                    async with self._database.transaction() as connection:
                        tally = await self._processor.process(connection, records, poisoned, singly=singly)
                        reach("consumer.before_database_commit")
            except DeadLetterLimitExceeded:
                raise
            except Exception as error:
                if isinstance(error, Retryable | KafkaError) or is_retryable(error):
                    _log.warning("batch is tried again", consumer=self._name, error=repr(error), attempt=attempt)
                    observer.waits()
                    await self._back_off(attempt)
                    attempt += 1
                    continue
                poison = error if isinstance(error, Poison) else Poison("unexpected-error", repr(error))
                culprit = poison.delivery.record if poison.delivery else records[0] if singly else None
                if culprit is None:
                    return await self._one_by_one(records, observer, stopping)
                if culprit.origin in poisoned:
                    raise
                _log.exception("event given up", consumer=self._name, **_names(poison, culprit))
                poisoned[culprit.origin] = poison
            else:
                reach("consumer.database_committed")
                tally.count()
                if tally.outcomes["dead_lettered"]:
                    await self._check_limit(observer, stopping)
                self._measure(records, time.perf_counter() - started)
                return True
        return False

    async def _one_by_one(self, records: Sequence[RawRecord], observer: Observer, stopping: asyncio.Event) -> bool:
        """Apply each record in a transaction of its own, to find the one that can't be applied."""
        for record in records:
            if not await self._process([record], observer, stopping, singly=True):
                return False
        return True

    async def _commit(self, consumer: AIOKafkaConsumer, records: Sequence[RawRecord]) -> None:
        offsets: dict[TopicPartition, int] = {record.topic_partition: record.offset + 1 for record in records}
        try:
            # aiokafka tries for ever while the group's coordinator is away.
            async with asyncio.timeout(_COMMIT_SECONDS):
                await consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            # The partition moved on or the broker is away: the effect is committed, redelivery is harmless.
            _log.info("offsets not committed", consumer=self._name, error=repr(error))

    async def _keep_observing(self, observer: Observer) -> None:
        """Run beside the loop: the broker's answers may take long, and records need not wait for them."""
        while True:
            await self._observe(observer)
            await asyncio.sleep(self._options.observe_every)

    async def _observe(self, observer: Observer) -> None:
        try:
            applied_through = await observer.observe()
            async with self._database.transaction() as connection:
                if applied_through and self._processor.progress is not None:
                    await self._processor.progress(connection, applied_through)
                await observer.report(connection)
        except (KafkaError, *RETRYABLE) as error:
            if not isinstance(error, KafkaError) and not is_retryable(error):
                raise
            _log.warning("progress is not known just now", consumer=self._name, error=repr(error))

    async def _back_off(self, attempt: int) -> None:
        await self._clock.sleep(_BACKOFF_SECONDS[min(attempt, len(_BACKOFF_SECONDS) - 1)])

    def _measure(self, records: Sequence[RawRecord], seconds: float) -> None:
        metrics.CONSUMER_BATCH_DURATION.labels(self._name).observe(seconds)
        now = self._clock.wall().timestamp()
        age = metrics.CONSUMER_EVENT_AGE.labels(self._name)
        for record in records:
            age.observe(max(0.0, now - record.timestamp.timestamp()))


def _traceparent(records: Sequence[RawRecord]) -> str | None:
    """Return the trace of the batch's first event; a batch is one span, each event carries its own context on."""
    return next((value.decode("latin-1") for name, value in records[0].headers if name == "traceparent"), None)


def _names(poison: Poison, culprit: RawRecord) -> dict[str, str | None]:
    delivery = poison.delivery
    data = delivery.data if delivery else None
    return {
        "code": poison.code,
        "origin": culprit.origin,
        "event_id": delivery.event.id if delivery else None,
        "subject": delivery.event.subject if delivery else None,
        "hazard_id": getattr(data, "hazard_id", None) or getattr(getattr(data, "hazard", None), "hazard_id", None),
    }


async def _unless(stopping: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Return what `work` returns; when asked to stop first, cut it off and return None."""
    task, asked = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        asked.cancel()
        task.cancel()
        await asyncio.gather(task, asked, return_exceptions=True)


async def _leave(consumer: AIOKafkaConsumer) -> None:
    stop = asyncio.ensure_future(consumer.stop())
    # Beside us, because a broken client hands on the cancellation of its own tasks as if it were ours.
    await asyncio.wait({stop}, timeout=_STOP_SECONDS)
    if not stop.done():
        stop.cancel()
        _log.warning("kafka consumer did not stop in time")
    elif not stop.cancelled() and (error := stop.exception()) is not None:
        _log.warning("kafka consumer did not stop cleanly", error=repr(error))
