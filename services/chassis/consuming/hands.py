"""What one consumer has in hand: batches that were fetched and are not applied yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.chassis.consuming.deliveries import RawRecord


class Taken(NamedTuple):
    """A fetched batch: its records, and the membership (see `Observer`) in which they were taken."""

    records: Sequence[RawRecord]
    membership: int


class _Batch(NamedTuple):
    taken: Taken
    offsets: dict[TopicPartition, int]
    at: dict[TopicPartition, datetime]


class Hands:
    """The first record in hand of each partition. Of each partition batches are applied in the order in which they were taken."""

    def __init__(self) -> None:
        self._batches: list[_Batch] = []

    def take(self, taken: Taken, wall: datetime) -> None:
        """Take a batch, which may hold nothing, behind what is in hand.

        A broker that is ahead stamps the future; whoever believed that would believe it after the repair, too.
        """
        if not taken.records:
            return
        first = {record.topic_partition: record for record in reversed(taken.records)}
        offsets = {partition: record.offset for partition, record in first.items()}
        at = {partition: min(record.timestamp, wall) for partition, record in first.items()}
        self._batches.append(_Batch(taken, offsets, at))

    def let_go(self, taken: Taken) -> None:
        """Let go of a batch, which is applied."""
        self._batches = [each for each in self._batches if each.taken is not taken]

    def clear(self) -> None:
        """Let go of everything."""
        self._batches.clear()

    def offsets(self) -> dict[TopicPartition, int]:
        """Return by partition the offset of its first record in hand."""
        return {partition: offset for each in reversed(self._batches) for partition, offset in each.offsets.items()}

    async def positions(
        self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Return of each partition the offset of its first record that is not applied.

        The client may suspend where it has no position yet. What was in hand before that may be put back meanwhile, with a
        position behind it that was read before: so both looks at the hands count.
        """
        before = self.offsets()
        read = {partition: await consumer.position(partition) for partition in partitions}
        after = self.offsets()
        return {
            partition: min(at, before.get(partition, at), after.get(partition, at)) for partition, at in read.items()
        }

    def since(self, partition: TopicPartition) -> datetime | None:
        """Return the broker's time (wall) of a partition's first record in hand; None where nothing is, or not known."""
        return next((each.at.get(partition) for each in self._batches if partition in each.offsets), None)

    def forget_the_future(self, wall: datetime) -> None:
        """Forget times that are later than `wall`."""
        for each in self._batches:
            for partition in [partition for partition, at in each.at.items() if at > wall]:
                del each.at[partition]
