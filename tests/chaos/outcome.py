"""What must hold when the faults have stopped, for a worker that nobody restarted."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.topics import Topic
from services.chassis.publishing import topics
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import Workers
from services.chassis.tests.consuming.exactly_once import all_effects, assert_exactly_once_in_order

PARTITIONS = 3
WORKER_TOPICS = ("in", "out", "worker.dlq.v1")


async def prepare(workers: Workers, *, replication: int = 1) -> None:
    """Create the worker's topics."""
    declared = [Topic(f"{workers.prefix}{name}", -1, partitions=PARTITIONS) for name in WORKER_TOPICS]
    await topics.apply(workers.bootstrap, declared, replication=replication)


async def at_work(workers: Workers) -> None:
    """Wait for the first effect: nobody restarts a worker that can't be started, and that is not the question here."""
    await eventually(lambda: all_effects(workers, 1))


async def assert_drained(workers: Workers, events: Sequence[CloudEvent]) -> None:
    """Exactly once and in order, nothing dead-lettered or parked, every offset committed."""
    await assert_exactly_once_in_order(workers, events, patience=150)
    assert not await workers.fetch("SELECT 1 FROM dead_letter")
    assert not await workers.fetch("SELECT 1 FROM parked_event")
    await eventually(lambda: assert_committed(workers))


async def assert_committed(workers: Workers) -> None:
    """The group's committed offsets are the topic's ends."""
    partitions = [TopicPartition(f"{workers.prefix}in", number) for number in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=workers.bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=workers.bootstrap)
    await consumer.start()
    await admin.start()
    try:
        ends = await consumer.end_offsets(partitions)
        committed = await admin.list_consumer_group_offsets(f"{workers.prefix}worker", partitions=partitions)
    finally:
        await admin.close()
        await consumer.stop()
    assert sum(ends.values()) > 0
    assert {partition: max(0, committed[partition].offset) for partition in partitions} == ends


async def leader_of(workers: Workers) -> int:
    """Return the number of the broker that leads the first partition of `in`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=workers.bootstrap)
    await admin.start()
    try:
        (described,) = await admin.describe_topics([f"{workers.prefix}in"])
    finally:
        await admin.close()
    return next(int(row["leader"]) for row in described["partitions"] if row["partition"] == 0)


async def coordinator_of(workers: Workers) -> int:
    """Return the number of the broker that coordinates the worker's group."""
    admin = AIOKafkaAdminClient(bootstrap_servers=workers.bootstrap)
    await admin.start()
    try:
        return int(await admin.find_coordinator(f"{workers.prefix}worker"))
    finally:
        await admin.close()
