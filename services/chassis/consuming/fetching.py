"""Fetching from many partitions so that one that can't be read stops nobody else.

aiokafka hands over the records of all partitions in one answer, and an exception on one of them loses what was drained
from the others: their positions have moved on. So we only ever wait for a single record of any partition, and take the
rest from each partition by itself. What the client fails on is fetched once more as bytes and read by ourselves
(`record_batches`), once what was found of the others is handed over: for as long as the broker takes, that would be in nobody's
hand, and count as applied (promise P3). What can't be read even then becomes one unreadable record that stands for the whole
batch, which the consumer keeps, answers and steps over like anything else that is refused.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaConnectionError, KafkaError

from services.chassis.consuming.codecs import Unreadable
from services.chassis.consuming.deliveries import RawRecord, raw, raw_of_batch, unreadable
from services.chassis.consuming.options import ConsumerOptions
from services.chassis.consuming.raw_fetch import fetch_batch

_log = structlog.get_logger(__name__)

HAND_BYTES: Final = 16 * 2**20
"""When so much is in hand, what else was fetched waits: 500 records may be as many batches that unfold to the bound."""
# The client unfolds as much as it is asked for, before anybody sees how much that is: it is asked for few at a time, which
# costs 4 instead of 2 microseconds a record.
_STEP: Final = 2
# How often to look at the partitions in turn, while one is looked for that failed.
_LOOK_SECONDS: Final = 0.02
# What says that the client or the broker is in trouble, not that a batch can't be read.
_CLIENT_TROUBLE: Final = (ConsumerStoppedError, KafkaConnectionError)


class Fetching:
    """Takes records from a consumer's partitions, in turn."""

    def __init__(self, name: str, consumer: AIOKafkaConsumer, options: ConsumerOptions) -> None:
        self._name = name
        self._consumer = consumer
        self._poll_seconds = options.poll_seconds
        self._max_records = options.max_records
        self._breath = options.breath
        self._busy = False
        self._options = options
        self._came_at = time.monotonic()
        self._turn = 0
        # Until when to look at the partitions one by one, because a wait for any of them failed (monotonic seconds).
        self._searching_until = 0.0
        # Of which partitions the client could not hand over what was fetched, and why.
        self._failed: dict[TopicPartition, Exception] = {}

    async def records(self, in_hand: AbstractSet[TopicPartition] = frozenset()) -> list[RawRecord]:
        """Return what is there, waiting a poll's time for a first record; raises KafkaError when the client broke.

        Where something is there of partitions that are not `in_hand`, it is of these alone. Behind a batch that was not full
        it takes a breath first, so that the next one is fuller.
        """
        if self._busy:
            await asyncio.sleep(self._breath)
        self._check_client()
        found = await self._there(in_hand)
        self._busy = bool(found) and not self.is_full(found)
        if found:
            self._came_at = time.monotonic()
        self._ask(idle=time.monotonic() >= self._came_at + self._options.idle_after)
        return found

    def _check_client(self) -> None:
        """Raise KafkaError when a background task of the client is over: it fetches no more, or is no member any more.

        The library says so to whoever asks it for records, with the task's own error each time. That looks like a batch it can't read,
        and reading batch after batch by ourselves would go on for ever, outside of the group after its next rebalance.
        """
        coordinator, fetcher = self._consumer._coordinator, self._consumer._fetcher  # noqa: SLF001 - there is no public word of them
        for task in (getattr(coordinator, "_coordination_task", None), fetcher._fetch_task):  # noqa: SLF001
            if task is not None and task.done():
                why = "it was cancelled" if task.cancelled() else repr(task.exception())
                raise KafkaError(f"a background task of the client is over: {why}")

    def is_full(self, records: Sequence[RawRecord]) -> bool:
        """Return whether a batch holds as many records as one may, so that there are likely more behind it."""
        return len(records) >= self._max_records

    def put_back_held(self, records: Sequence[RawRecord]) -> Sequence[RawRecord]:
        """Return `records` without those of partitions that were held since; these are read again once they are resumed.

        To be asked only in the membership in which they were taken: another one begins at what is committed.
        """
        held = self._consumer.paused()
        if not held:
            return records
        first = {each.topic_partition: each.offset for each in reversed(records)}
        for partition in first.keys() & held:
            self._consumer.seek(partition, first[partition])
        return [each for each in records if each.topic_partition not in held]

    def _ask(self, *, idle: bool) -> None:
        """Have the broker answer at the first byte while nothing comes, and with fuller answers from the first record on."""
        options = self._options
        wait = options.idle_wait(len(self._consumer.assignment())) if idle else options.fetch_wait
        fetcher = self._consumer._fetcher  # noqa: SLF001 - the library reads both anew for each request, and has no way to set them
        fetcher._fetch_min_bytes = 1 if idle else options.fetch_bytes  # noqa: SLF001
        fetcher._fetch_max_wait_ms = int(wait * 1000)  # noqa: SLF001

    async def _there(self, in_hand: AbstractSet[TopicPartition]) -> list[RawRecord]:
        while self._failed:
            partition, error = self._failed.popitem()
            if isinstance(error, _CLIENT_TROUBLE):
                raise error
            # A rebalance or a hold may have come between.
            if partition in self._consumer.assignment() - self._consumer.paused():
                return await self._by_ourselves(partition, error)
        return await self._by_the_client(in_hand)

    async def _by_the_client(self, in_hand: AbstractSet[TopicPartition]) -> list[RawRecord]:
        """Return what the client has. Behind the first record nothing is waited for: what is drained is in nobody's hand yet."""
        searching = time.monotonic() < self._searching_until
        others = [each for each in self._with_something() if each not in in_hand] if in_hand else []
        found = [] if searching or others else await self._first()
        if not found and not searching and not others:
            return []
        room = HAND_BYTES - sum(record.size for record in found)
        for partition in others or self._with_something():
            wanted = self._max_records - len(found)
            if wanted <= 0 or room <= 0:
                break
            taken = await self._up_to(partition, wanted, room)
            room -= sum(record.size for record in taken)
            found += taken
        if searching and not found and not self._failed:
            await asyncio.sleep(_LOOK_SECONDS)
        return found

    async def _first(self) -> list[RawRecord]:
        """Wait for one record of any partition: with a single one nothing else can be lost by an exception."""
        try:
            fetched = await self._consumer.getmany(timeout_ms=int(self._poll_seconds * 1000), max_records=1)
        except _CLIENT_TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a foreign batch makes the client raise
            _log.warning("a partition can't be read", consumer=self._name, error=repr(error))
            self._searching_until = time.monotonic() + 2 + self._poll_seconds * len(self._consumer.assignment())
            return []
        return [raw(record) for batch in fetched.values() for record in batch]

    def _with_something(self) -> Sequence[TopicPartition]:
        """Return in turn the partitions of which anything was fetched.

        The library can't be asked which those are. To ask it for each of 300 counties, of which few have anything, was a quarter of the
        ledger's time at 1,000 claims a second: each question walks over all that was fetched.
        """
        fetched = self._consumer._fetcher._records  # noqa: SLF001
        return [partition for partition in self._in_turn() if partition in fetched]

    def _in_turn(self) -> Sequence[TopicPartition]:
        """Return the partitions, another one first each time, so that a busy one takes nobody's turn."""
        assigned = sorted(self._consumer.assignment() - self._consumer.paused())
        if not assigned:
            return []
        self._turn = (self._turn + 1) % len(assigned)
        return [*assigned[self._turn :], *assigned[: self._turn]]

    async def _up_to(self, partition: TopicPartition, wanted: int, room: int) -> list[RawRecord]:
        """Return what was fetched of one partition, until there are `wanted` records or they weigh `room` bytes."""
        found: list[RawRecord] = []
        while len(found) < wanted and room > 0:
            step = min(_STEP, wanted - len(found))
            taken = await self._of(partition, step)
            found += taken
            room -= sum(record.size for record in taken)
            if len(taken) < step:
                break
        return found

    async def _of(self, partition: TopicPartition, wanted: int) -> list[RawRecord]:
        """Return what was fetched of one partition, without waiting: while one is looked for, the others go on."""
        try:
            fetched = await self._consumer.getmany(partition, timeout_ms=0, max_records=wanted)
        except Exception as error:  # noqa: BLE001 - whatever a foreign batch makes the client raise
            self._failed[partition] = error
            return []
        return [raw(record) for batch in fetched.values() for record in batch]

    async def _by_ourselves(self, partition: TopicPartition, error: Exception) -> list[RawRecord]:
        """Read the batch at the partition's position without the client, and go on behind it."""
        position = await self._consumer.position(partition)
        try:
            fetched = await fetch_batch(self._consumer, partition, position)
        except KafkaError:
            raise
        except Unreadable as second:
            # Not even a batch: nothing says where the next one begins. The partition's reader is built anew.
            raise KafkaError(f"{partition} at {position} is no batch: {second}") from error
        batch = fetched.batch
        records: Collection[RawRecord] = []
        if not (batch.is_control or fetched.aborted):
            try:
                records = [each for each in raw_of_batch(partition, batch) if each.offset >= position]
            except Unreadable as why:
                records = [unreadable(partition, batch, str(why))]
        _log.warning(
            "a batch was read without the client",
            consumer=self._name,
            topic=partition.topic,
            partition=partition.partition,
            offsets=[batch.base_offset, batch.last_offset],
            bytes=len(batch.raw),
            codec=batch.codec,
            error=repr(error),
            records=len(records),
        )
        self._consumer.seek(partition, batch.last_offset + 1)
        self._searching_until = 0.0
        return list(records)
