"""A producer that was thrown away does nothing more: no task, no connection."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.conn import AIOKafkaConnection

from deploy.local import ephemeral
from duban_contracts.topics import Topic
from services.chassis.publishing import producer as producers
from services.chassis.publishing.administrator import administrator
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import NotAcknowledged, ReliableProducer
from services.chassis.testing.kafka import create_topics, eventually

pytestmark = pytest.mark.servers


class Kept(ReliableProducer):
    """Keeps what it throws away, for a look at it."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(bootstrap, "test", timeout=2.0)
        self.discarded: list[AIOKafkaProducer] = []

    async def _discard(self, producer: AIOKafkaProducer) -> None:
        self.discarded.append(producer)
        await super()._discard(producer)


async def _leaves_nothing(bootstrap: str, topic: str, trouble: Callable[[], Awaitable[object]]) -> None:
    """Have a producer thrown away for what it can't get rid of since `trouble`; see that nothing of it is left."""
    opened: list[AIOKafkaConnection] = []
    connect = AIOKafkaConnection.connect

    async def noted(connection: AIOKafkaConnection) -> Any:
        opened.append(connection)
        return await connect(connection)

    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(producers, "_STOP_SECONDS", 0.5)
        patch.setattr(AIOKafkaConnection, "connect", noted)
        before = asyncio.all_tasks()
        producer = Kept(bootstrap)
        messages = [OutboxMessage(topic, b"K", b"x" * 100_000, [])] * 5
        assert await producer.publish(messages[:1]) == [None]
        await trouble()
        assert all(isinstance(result, NotAcknowledged) for result in await producer.publish(messages))
    (discarded,) = producer.discarded
    assert discarded._sender.sender_task.done()
    assert opened
    assert not any(connection.connected() for connection in opened)

    def no_task_is_left() -> None:
        assert not asyncio.all_tasks() - before

    await eventually(no_task_is_left)
    del discarded
    producer.discarded.clear()
    gc.collect()
    assert not complaints


async def test_nothing_is_left_of_a_producer_whose_cluster_answers_that_it_lacks_replicas(topic_prefix: str) -> None:
    topic = f"{topic_prefix}short"
    with ephemeral.kafka(3) as cluster:
        async with administrator(cluster.bootstrap) as admin:
            short = {"min.insync.replicas": "2"}
            await admin.create_topics([NewTopic(topic, -1, -1, replica_assignments={0: [1, 2]}, topic_configs=short)])

        async def stop() -> None:
            await asyncio.to_thread(cluster.stop, 2)

        await _leaves_nothing(cluster.bootstrap, topic, stop)


async def test_nothing_is_left_of_a_producer_whose_broker_is_frozen(topic_prefix: str) -> None:
    topic = f"{topic_prefix}frozen"
    with ephemeral.kafka() as cluster:
        await create_topics(cluster.bootstrap, [Topic(topic, -1, partitions=1)])

        async def freeze() -> None:
            cluster.pause()

        try:
            await _leaves_nothing(cluster.bootstrap, topic, freeze)
        finally:
            cluster.resume()
