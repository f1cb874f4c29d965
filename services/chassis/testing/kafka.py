"""Helpers for tests on real Kafka and PostgreSQL: publish, read, wait for a condition, run a service's roles."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, TypeVar, overload

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.topics import Topic
from services.chassis.consuming.deliveries import RawRecord, raw
from services.chassis.process import kafka
from services.chassis.process.kafka import Broker
from services.chassis.process.service import Service, supervise
from services.chassis.publishing import topics as topic_administration
from services.chassis.publishing.administrator import administrator
from services.chassis.publishing.outbox import outgoing
from services.chassis.publishing.producer import ReliableProducer

T = TypeVar("T")
# What a test waits for is there in a moment, or a machine is very busy; who waits for nothing waits this long.
_PATIENCE_SECONDS: Final = 150.0


async def create_topics(bootstrap: Broker | str, topics: Sequence[Topic]) -> None:
    """Create `topics` and wait until the broker leads all their partitions."""
    await topic_administration.apply(bootstrap, topics)
    async with administrator(bootstrap) as admin:
        await eventually(partial(_lead, admin, topics))


async def _lead(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    for description in await admin.describe_topics([topic.name for topic in topics]):
        leaders = [partition["leader"] for partition in description["partitions"]]
        if description["error_code"] or not leaders or min(leaders) < 0:
            raise AssertionError(f"{description['topic']} is not there yet")


async def publish(bootstrap: Broker | str, topic: str, events: Sequence[CloudEvent]) -> None:
    """Publish `events` to `topic` in order; raises NotAcknowledged."""
    producer = ReliableProducer(bootstrap, "test")
    try:
        for result in await producer.publish([outgoing(topic, event) for event in events]):
            if result is not None:
                raise result
    finally:
        await producer.stop()


async def read_records(bootstrap: Broker | str, topic: str) -> list[RawRecord]:
    """Return every record of `topic` up to its present end, per partition in order."""
    consumer = AIOKafkaConsumer(**kafka.options(bootstrap), auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, p) for p in await eventually(lambda: _partitions(consumer, topic))]
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        # Only partitions that hold records, and from known offsets: asking for offsets beside a running fetch waits
        # behind it, half a second for each partition.
        partitions = [partition for partition in partitions if begins[partition] < ends[partition]]
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, begins[partition])
        records = []
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                fetched = await consumer.getmany(partition, timeout_ms=1000)
                records += [raw(record) for record in fetched.get(partition, [])]
        return records
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[int]:
    # A broker that has just come back is fenced for a moment, and knows no topic meanwhile.
    await consumer._client.force_metadata_update()  # noqa: SLF001
    found = consumer.partitions_for_topic(topic)
    assert found, f"{topic}: no such topic"
    return sorted(found)


async def read_all(bootstrap: Broker | str, topic: str) -> list[CloudEvent]:
    """Return every event of `topic` up to its present end, per partition in order."""
    return [from_kafka(r.key, r.value, r.headers) for r in await read_records(bootstrap, topic)]


@overload
async def eventually(check: Callable[[], Awaitable[T]], timeout: float = _PATIENCE_SECONDS) -> T: ...  # noqa: ASYNC109


@overload
async def eventually(check: Callable[[], T], timeout: float = _PATIENCE_SECONDS) -> T: ...  # noqa: ASYNC109


async def eventually(check: Callable[[], Any], timeout: float = _PATIENCE_SECONDS) -> Any:  # noqa: ASYNC109
    """Call `check` until it raises no AssertionError; return what it returned, or raise its last complaint."""
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        try:
            result = check()
            return await result if inspect.isawaitable(result) else result
        except AssertionError:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(0.05)


@asynccontextmanager
async def running(service: Service, *roles: str) -> AsyncIterator[Service]:
    """Run a service's roles (default: all) while the block runs; stop them as SIGTERM would, then close it."""
    stopping = asyncio.Event()
    task = asyncio.ensure_future(supervise(service, roles or list(service.roles), stopping))
    try:
        yield service
        if task.done():
            task.result()
    finally:
        stopping.set()
        try:
            await task
        finally:
            await service.close()
