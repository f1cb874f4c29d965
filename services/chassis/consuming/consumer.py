"""The consumer loop: at-least-once from Kafka, exactly-once in effect through PostgreSQL (docs/architecture.md)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from duban_contracts.topics import needed_by, taken_by
from services.chassis.consuming import codecs, holds
from services.chassis.consuming.ahead import never_ahead
from services.chassis.consuming.attempts import Attempts
from services.chassis.consuming.batches import Apply, BatchProcessor, Ordering, Progress, Refuse
from services.chassis.consuming.ending import leave, unless
from services.chassis.consuming.errors import DeadLetterLimitExceeded
from services.chassis.consuming.fetching import Fetching
from services.chassis.consuming.loop import Loop
from services.chassis.consuming.observer import Observer
from services.chassis.consuming.offsets import Offsets
from services.chassis.consuming.options import ConsumerOptions
from services.chassis.consuming.standing import ConsumerReadiness
from services.chassis.consuming.telling import Telling
from services.chassis.process import kafka
from services.chassis.process.cancelling import ended
from services.chassis.process.clock import Clock, back_off
from services.chassis.process.kafka import Broker
from services.chassis.process.periodic import rest
from services.chassis.storage.database import Database, is_retryable

_log = structlog.get_logger(__name__)

_SETTLED_SECONDS: Final = 60
_PROOF_SECONDS: Final = 20
_DECISION_SECONDS: Final = 5


class Consumer:
    """Reads topics as one member of a group and applies each fetched batch in one transaction."""

    def __init__(  # noqa: PLR0913 - wired once, by name, in bootstrap.py
        self,
        *,
        name: str,
        topics: Sequence[str],
        bootstrap: Broker | str,
        database: Database,
        clock: Clock,
        apply: Apply,
        ordering: Ordering,
        topic_prefix: str = "",
        refuse: Refuse | None = None,
        progress: Progress | None = None,
        observed: Progress | None = None,
        options: ConsumerOptions | None = None,
    ) -> None:
        self._name = name
        self._topics = topics
        self._bootstrap = bootstrap
        self._group = f"{topic_prefix}{name}"
        self._database = database
        self._clock = clock
        self._options = options or ConsumerOptions()
        self._observed = observed or progress
        self._needed = needed_by(name)
        self.standing = ConsumerReadiness(name)
        self._telling = Telling(name, database, clock, self._options.dead_letters)
        self._attempts = Attempts(
            consumer=name,
            processor=BatchProcessor(
                name, apply, ordering, topic_prefix, refuse, progress and never_ahead(progress, clock), taken_by(name)
            ),
            database=database,
            clock=clock,
            limit=self._options.dead_letters,
            floods=self._options.floods,
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until `stopping`; then finish the batch in hand, commit and leave the group.

        When too much fails it stands still until somebody has decided about the dead letters. Raises Stalled when there
        is work and nothing moves.
        """
        since = self.standing.begins(self._clock)
        tells = asyncio.create_task(self._telling.keep_on(), name=f"{self._name}-telling")
        try:
            await self._be_member_again(stopping, since)
        except Exception as error:
            self.standing.waits(f"died: {error!r}")
            raise
        finally:
            await ended(tells)

    async def _be_member_again(self, stopping: asyncio.Event, since: datetime) -> None:
        attempt = 0
        while not stopping.is_set():
            began = time.monotonic()
            try:
                # Whoever was built anew twice in a row has to read for a while before it is believed.
                await self._be_member(stopping, since, proof=_PROOF_SECONDS if attempt > 1 else 0)
            except DeadLetterLimitExceeded as error:
                _log.critical("consumer stands still", consumer=self._name, reason=str(error))
                self.standing.waits(str(error))
                await rest(_DECISION_SECONDS, clock=self._clock, stopping=stopping)
            except KafkaError as error:
                # aiokafka's background tasks can die for good when a broker does: a new client starts from what is
                # committed. What is permanently wrong shows as a consumer that doesn't read, and in this warning.
                _log.warning("kafka consumer is built anew", consumer=self._name, error=repr(error))
                self.standing.waits(f"is built anew after {error!r}")
                attempt = 0 if time.monotonic() - began > _SETTLED_SECONDS else attempt + 1
                await back_off(self._clock, attempt)

    async def _be_member(self, stopping: asyncio.Event, since: datetime, *, proof: float) -> None:
        """Be a member of the group with one client until `stopping`; raises KafkaError when the client broke."""
        consumer = self._client()
        try:
            if not await self._start(consumer, stopping):
                return
            observer = Observer(
                name=self._name,
                consumer=consumer,
                bootstrap=self._bootstrap,
                clock=self._clock,
                stall_timeout=self._options.stall_timeout,
                since=since,
            )
            offsets = Offsets(self._name, consumer, observer)
            consumer.subscribe(self._topics, listener=offsets)
            tasks = [
                asyncio.create_task(self._loop(consumer, observer, offsets, stopping), name=f"{self._name}-loop"),
                asyncio.create_task(offsets.keep_on(), name=f"{self._name}-offsets"),
                asyncio.create_task(self._keep_observing(observer, proof), name=f"{self._name}-observe"),
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
                await ended(*tasks)
        finally:
            await leave(consumer)

    def _client(self) -> AIOKafkaConsumer:
        codecs.install()
        return AIOKafkaConsumer(
            **kafka.options(self._bootstrap),
            client_id=f"duban-{self._name}",
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._options.session_timeout * 1000),
            heartbeat_interval_ms=int(self._options.session_timeout * 300),
            fetch_min_bytes=self._options.fetch_bytes,
            fetch_max_wait_ms=int(self._options.fetch_wait * 1000),
            metadata_max_age_ms=30_000,
            # What its publisher took back is no event.
            isolation_level="read_committed",
        )

    async def _start(self, consumer: AIOKafkaConsumer, stopping: asyncio.Event) -> bool:
        """Join the group, waiting for the broker as long as it takes; return False when asked to stop first."""
        attempt = 0
        while not stopping.is_set():
            try:
                await unless(stopping, consumer.start())
            except (KafkaError, OSError) as error:
                why = await unless(stopping, kafka.obstacle(self._bootstrap)) or repr(error)
                _log.warning("kafka is not reachable yet", consumer=self._name, error=why)
                self.standing.waits(f"Kafka is not reachable yet: {why}")
                await back_off(self._clock, attempt)
                attempt += 1
            else:
                return not stopping.is_set()
        return False

    async def _loop(
        self, consumer: AIOKafkaConsumer, observer: Observer, offsets: Offsets, stopping: asyncio.Event
    ) -> None:
        await self._attempts.check_limit(observer, stopping)
        # Whoever begins with what is held would take a second's worth of a flood in, each time that it is started.
        await self._leave_held_alone(observer)
        fetching = Fetching(self._name, consumer, self._options)
        loop = Loop(fetching, self._attempts, observer, offsets, self._needed, abreast=self._options.abreast)
        await loop.run(stopping)

    async def _keep_observing(self, observer: Observer, proof: float) -> None:
        """Run beside the loop: the broker's answers may take long, and records need not wait for them."""
        reads_since: float | None = None
        while True:
            reads_since = (reads_since or time.monotonic()) if await self._observe(observer) else None
            if reads_since is not None and time.monotonic() >= reads_since + proof:
                self.standing.reads()
            await asyncio.sleep(self._options.observe_every)

    async def _leave_held_alone(self, observer: Observer) -> None:
        """Pause what is held and go on with what was resumed; a database that is away is asked the next time."""
        try:
            async with self._database.acquire() as connection:
                observer.leave_alone({hold.topic_partition for hold in await holds.open_holds(connection, self._name)})
        except Exception as error:
            if not is_retryable(error):
                raise
            _log.warning("what is held is not known just now", consumer=self._name, error=repr(error))

    async def _observe(self, observer: Observer) -> bool:
        """Tell how far the consumer is; return whether it reads, as far as the broker answers."""
        try:
            applied_through = await observer.observe()
        except Exception as error:
            if not isinstance(error, KafkaError) and not is_retryable(error):
                raise
            _log.warning("the broker does not answer just now", consumer=self._name, error=repr(error))
            self.standing.waits(f"the broker does not answer: {error!r}")
            await self._leave_held_alone(observer)
            return False
        if not observer.reads:
            self.standing.waits("has not got its partitions yet")
        elif observer.leaderless:
            self.standing.waits(f"no broker leads a partition of {', '.join(sorted(observer.leaderless))}")
        try:
            if applied_through and self._observed is not None:
                # While this one waits, what is known of the lag stays as it is, be all of it applied meanwhile.
                async with self._database.transaction(waits=observer.waits) as connection:
                    await self._observed(connection, applied_through)
        except Exception as error:
            if not is_retryable(error):
                raise
            _log.warning("progress is not known just now", consumer=self._name, error=repr(error))
        await self._leave_held_alone(observer)
        return observer.reads and not observer.leaderless
