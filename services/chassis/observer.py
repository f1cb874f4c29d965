"""Watches a consumer from beside its loop: lag, freshness, and whether it still moves."""

from __future__ import annotations

import asyncio
import faulthandler
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from services.chassis import dead_letters, metrics
from services.chassis.clock import Clock
from services.chassis.database import Connection, Database
from services.chassis.errors import Stalled
from services.chassis.records import RawRecord

_log = structlog.get_logger(__name__)

_ADMIN_SECONDS: Final = 5


class Observer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Keeps the positions of one consumer, exports them, and raises Stalled when there is work and no movement."""

    def __init__(
        self, name: str, consumer: AIOKafkaConsumer, database: Database, clock: Clock, stall_timeout: float
    ) -> None:
        self._name = name
        self._consumer = consumer
        self._database = database
        self._clock = clock
        self._stall_timeout = stall_timeout
        self._last_turn = time.monotonic()
        self._last_move = time.monotonic()
        self._applied: dict[TopicPartition, int] = {}
        self._applied_at: dict[TopicPartition, datetime] = {}
        self._lag = 0

    def turned(self) -> None:
        """Note that the loop is alive: it polls, or waits for something it knows to be away."""
        self._last_turn = time.monotonic()

    def waits(self) -> None:
        """Note that the batch in hand waits for something outside that is known to be away: that is no stall."""
        self._last_turn = self._last_move = time.monotonic()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Another member may take these on: a rebalance revokes everything, finished or not."""

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:  # noqa: ARG002 - its signature
        """Forget positions of an earlier membership; the committed offsets are the truth now."""
        self._applied.clear()
        self._applied_at.clear()
        self._last_move = time.monotonic()

    def applied(self, records: Sequence[RawRecord]) -> None:
        """Note that `records` are applied and committed."""
        self._last_move = time.monotonic()
        for record in records:
            self._applied[record.topic_partition] = record.offset + 1
            self._applied_at[record.topic_partition] = record.timestamp
        newest = max(record.timestamp for record in records)
        metrics.CONSUMER_LAST_EVENT.labels(self._name).set(newest.timestamp())

    async def observe(self) -> Mapping[TopicPartition, datetime]:
        """Compare positions with the ends; return for each assigned partition up to when (wall) all is applied.

        A partition whose end is reached is applied through the instant before the ends were asked for. One with
        records left is applied through its last applied record, or absent when nothing is known.
        """
        asked_at = self._clock.wall()
        assignment = self._consumer.assignment()
        if not assignment:
            return {}
        async with asyncio.timeout(_ADMIN_SECONDS):
            ends = await self._consumer.end_offsets(list(assignment))
            through: dict[TopicPartition, datetime] = {}
            lag = 0
            for partition, end in ends.items():
                position = self._applied.get(partition)
                if position is None:
                    position = await self._consumer.committed(partition) or await self._beginning(partition)
                    self._applied[partition] = position
                lag += max(0, end - position)
                if position >= end:
                    through[partition] = asked_at
                elif partition in self._applied_at:
                    through[partition] = self._applied_at[partition]
        self._lag = lag
        if lag == 0:
            self._last_move = time.monotonic()
        metrics.CONSUMER_LAG.labels(self._name).set(lag)
        if len(through) == len(assignment):
            oldest = min(through.values()).timestamp()
            metrics.CONSUMER_OLDEST_UNPROCESSED.labels(self._name).set(oldest)
        return through

    async def _beginning(self, partition: TopicPartition) -> int:
        offsets: dict[TopicPartition, int] = await self._consumer.beginning_offsets([partition])
        return offsets[partition]

    async def report(self, connection: Connection) -> None:
        """Refresh the gauges that are counted in the database."""
        await dead_letters.report(connection, self._name)

    async def watch(self) -> None:
        """Run beside the loop; raises Stalled, after dumping all stacks, when it hangs or no longer moves."""
        while True:
            await asyncio.sleep(min(1.0, self._stall_timeout / 4))
            now = time.monotonic()
            hangs = now - self._last_turn > self._stall_timeout
            still = self._lag > 0 and now - self._last_move > self._stall_timeout
            if hangs or still:
                self._dump_stacks()
                raise Stalled(f"{self._name}: lag {self._lag}, nothing moved for {self._stall_timeout:.0f} s")

    def _dump_stacks(self) -> None:
        _log.critical("consumer stalled", consumer=self._name, lag=self._lag)
        for task in asyncio.all_tasks():
            task.print_stack(file=sys.stderr)
        faulthandler.dump_traceback(file=sys.stderr)
