"""Committing offsets beside the loop: of what was applied meanwhile, the newest of each partition."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.observer import Observer
from services.chassis.process.failpoints import reach

_log = structlog.get_logger(__name__)

# Awaited behind each batch, the broker's answer was a fifth of the loop's time (2 of 10 ms), and a request for each of 50
# batches a second. What is read again after a crash is dropped by its id or version, however far the offset is behind.
_EVERY_SECONDS: Final = 0.2
_COMMIT_SECONDS: Final = 5
# A rebalance waits for its members ten seconds, and goes on without those who need longer.
_REVOKED_SECONDS: Final = 2


class Offsets(ConsumerRebalanceListener):  # type: ignore[misc]
    """What one member of the group has applied and not committed yet. It hears of rebalances before `observer` does."""

    def __init__(self, name: str, consumer: AIOKafkaConsumer, observer: Observer) -> None:
        self._name = name
        self._consumer = consumer
        self._observer = observer
        self._applied: dict[TopicPartition, int] = {}
        self._applied_in = 0
        self._noted = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Commit while the partitions are still this member's: whoever takes them on begins behind what was applied."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REVOKED_SECONDS):
                await self.commit()
        await self._observer.on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Tell the observer."""
        await self._observer.on_partitions_assigned(assigned)

    def note(self, records: Sequence[RawRecord], membership: int) -> None:
        """Note that `records`, taken in `membership`, are applied; those of an earlier one may be another member's by now."""
        if membership != self._observer.membership:
            return
        if membership != self._applied_in:
            self._applied, self._applied_in = {}, membership
        self._applied.update({record.topic_partition: record.next_offset for record in records})
        self._noted.set()

    async def keep_on(self) -> None:
        """Commit what is noted, the first at once and then some times a second, until cancelled."""
        pause = _EVERY_SECONDS
        while True:
            await self._noted.wait()
            # What the broker refuses for good it is not asked five times a second.
            pause = _EVERY_SECONDS if await self.commit() else min(2 * pause, _COMMIT_SECONDS)
            await asyncio.sleep(pause)

    async def commit(self) -> bool:
        """Commit what is noted, behind a commit that is under way; return whether nothing failed.

        Where that fails the effect is committed all the same, and redelivery is harmless; the offsets go with the next one.
        """
        async with self._one_at_a_time:
            self._noted.clear()
            (offsets, self._applied), membership = (self._applied, {}), self._applied_in
            if not offsets or membership != self._observer.membership:
                return True
            try:
                # aiokafka tries for ever while the group's coordinator is away.
                async with asyncio.timeout(_COMMIT_SECONDS):
                    await self._consumer.commit(offsets)
            except (KafkaError, TimeoutError) as error:
                _log.info("offsets not committed", consumer=self._name, error=repr(error))
                if membership == self._applied_in:
                    self._applied = offsets | self._applied
                    self._noted.set()
                return False
            reach("consumer.offset_committed")
            return True
