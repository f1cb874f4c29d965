"""What was said on a topic of the scheduler's, and how long after the instant that it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.codec import decode
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.tasks import TaskAssigned, TaskOverdue
from duban_contracts.topics import PARTITIONS
from tests.load.due import Due

_LOG_APPEND_TIME: Final = 1


class Said:
    """Reads a topic on from where it stopped; nothing reads while somebody measures."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._partitions = [TopicPartition(topic, nth) for nth in range(PARTITIONS)]
        self._read = dict.fromkeys(self._partitions, 0)

    async def delays(self, due: Due) -> list[float]:
        """Return for each of these deadlines the seconds from its instant until the broker had its 督办逾期.

        Raises RuntimeError when one was said twice, never, or something else was said.
        """
        delays: list[float] = []
        about: set[str] = set()
        for event, at in await self._new():
            data = decode(event)
            if isinstance(data, TaskAssigned):
                continue
            passed = _passed(data)
            if passed is None or not due.starts_at <= passed <= due.ends_at:
                raise RuntimeError(f"{event.type} about {event.subject} was not called for")
            about.add(event.subject or "")
            delays.append((at - passed).total_seconds())
        if not len(about) == len(delays) == due.number:
            raise RuntimeError(f"of {due.number} deadlines {len(about)} were said in {len(delays)} events")
        return delays

    async def _new(self) -> list[tuple[CloudEvent, datetime]]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(self._partitions)
            ends = await consumer.end_offsets(self._partitions)
            for partition, offset in self._read.items():
                consumer.seek(partition, offset)
            found = []
            while unread := [each for each, end in ends.items() if self._read[each] < end]:
                for partition, records in (await consumer.getmany(*unread, timeout_ms=1000)).items():
                    self._read[partition] = records[-1].offset + 1
                    found += [(from_kafka(each.key, each.value, each.headers), _at(each)) for each in records]
            return found
        finally:
            await consumer.stop()


def _passed(data: object) -> datetime | None:
    """Return when the deadline passed that an event says is over; None for any other event."""
    if isinstance(data, SupervisionOverdue):
        return data.due_at
    return data.task.due_at if isinstance(data, TaskOverdue) else None


def _at(record: ConsumerRecord) -> datetime:
    assert record.timestamp_type == _LOG_APPEND_TIME
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)
