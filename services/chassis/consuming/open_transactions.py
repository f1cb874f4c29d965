"""Since when transactions are open on the partitions of a consumer: what they hold back is one publisher's trouble."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.chassis.process.clock import Clock
from services.chassis.telemetry import metrics


class OpenTransactions:
    """Learns from the newest fetch of each partition whether everything that is written may be read, and exports it."""

    def __init__(self, name: str, consumer: AIOKafkaConsumer, clock: Clock) -> None:
        self._name = name
        self._consumer = consumer
        self._clock = clock
        self._since: dict[TopicPartition, datetime] = {}
        self._told: set[str] = set()

    def look(self, assignment: Sequence[TopicPartition]) -> None:
        """Note of each partition since when (wall) something that is written may not be read yet."""
        wall, now = self._clock.wall(), time.time()
        for partition in assignment:
            polled, high = self._consumer.last_poll_timestamp(partition), self._consumer.highwater(partition)
            if polled is None or high is None:
                continue
            if self._consumer.last_stable_offset(partition) >= high:
                self._since.pop(partition, None)
            else:
                self._since.setdefault(partition, wall - timedelta(seconds=max(0.0, now - polled / 1000)))

    def forget_the_future(self, wall: datetime) -> None:
        """Forget times that are later than `wall`."""
        for partition in [partition for partition, at in self._since.items() if at > wall]:
            del self._since[partition]

    def tell(self, assignment: Sequence[TopicPartition]) -> None:
        """Export by topic since when a transaction is open, 0 where none is. What another member reads by now is its to tell."""
        topics = {partition.topic for partition in assignment}
        since = {partition.topic: self._since[partition] for partition in assignment if partition in self._since}
        for topic in self._told - topics:
            with contextlib.suppress(KeyError):
                metrics.CONSUMER_OPEN_TRANSACTION.remove(self._name, topic)
        self._told = topics
        for topic in topics:
            at = since.get(topic)
            metrics.CONSUMER_OPEN_TRANSACTION.labels(self._name, topic).set(at.timestamp() if at else 0)
