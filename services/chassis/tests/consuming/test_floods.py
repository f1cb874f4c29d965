"""Whoever floods us with what can't be taken waits alone: nothing is lost, neighbours go on, an operator resumes it."""

from __future__ import annotations

from aiokafka import TopicPartition

from duban_contracts.cloudevents import CloudEvent, to_kafka
from services.chassis.consuming import holds
from services.chassis.consuming.holds import FloodLimit
from services.chassis.publishing.outbox import OutboxMessage
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import rectified


async def send(in_process: InProcess, partition: int, *events: CloudEvent | bytes) -> None:
    producer = ReliableProducer(in_process.bootstrap, "test")
    topic = f"{in_process.prefix}in"
    messages = []
    for event in events:
        key, value, headers = (None, event, []) if isinstance(event, bytes) else to_kafka(event)
        messages.append(OutboxMessage(topic, key, value, headers, partition))
    try:
        assert await producer.publish(messages) == [None] * len(events)
    finally:
        await producer.stop()


async def refuse(*_: object) -> None:
    """Answer nobody; what counts is that there is an answer."""


async def held(in_process: InProcess) -> None:
    assert await in_process.value("SELECT count(*) FROM partition_hold WHERE resumed_at IS NULL") == 1


async def test_a_flood_holds_its_own_partition_until_it_is_resumed(in_process: InProcess) -> None:
    beside, behind, later = rectified("K1"), rectified("K2"), rectified("K3")
    consumer = in_process.consumer(refuse=refuse, floods=FloodLimit(count=5), max_records=5)
    await send(in_process, 0, *[b"nonsense"] * 5)
    async with working(consumer.run):
        await eventually(lambda: held(in_process))
        await eventually(lambda: _paused(in_process))
        await send(in_process, 0, behind)
        await send(in_process, 1, beside)
        assert await in_process.effects(1) == [beside.id]
        async with in_process.database.transaction() as connection:
            (hold,) = await holds.resume(connection, [f"{in_process.prefix}in"], "operator-1")
        assert (hold.topic_partition, hold.refused) == (TopicPartition(f"{in_process.prefix}in", 0), 5)
        assert await in_process.effects(2) == [beside.id, behind.id]
        # What was refused before the resumption counts no more.
        await send(in_process, 0, *[b"nonsense"] * 4, later)
        assert await in_process.effects(3) == [beside.id, behind.id, later.id]
    assert await in_process.value("SELECT count(*) FROM partition_hold WHERE resumed_at IS NULL") == 0
    assert await in_process.value("SELECT count(*) FROM dead_letter WHERE refused") == 9


async def test_whoever_is_started_or_given_a_partition_takes_nothing_of_it_in_while_it_is_held(
    in_process: InProcess,
) -> None:
    async with working(in_process.consumer(refuse=refuse, floods=FloodLimit(count=2)).run):
        await send(in_process, 0, b"a", b"b")
        await eventually(lambda: held(in_process))
    behind, beside = rectified("K1"), rectified("K2")
    await send(in_process, 0, behind)
    # It looks at what is held before it reads, and then not again for an hour.
    async with working(in_process.consumer(refuse=refuse, observe_every=3600).run):
        await send(in_process, 2, beside)
        assert await in_process.effects(1) == [beside.id]


async def _paused(in_process: InProcess) -> None:
    async with in_process.database.acquire() as connection:
        assert [hold.partition for hold in await holds.open_holds(connection, "worker")] == [0]


async def test_a_hold_outlasts_a_restart(in_process: InProcess) -> None:
    async with working(in_process.consumer(refuse=refuse, floods=FloodLimit(count=2)).run):
        await send(in_process, 0, b"a", b"b")
        await eventually(lambda: held(in_process))
    before, beside = rectified("K1"), rectified("K2")
    async with working(in_process.consumer(refuse=refuse, floods=FloodLimit(count=2)).run):
        await eventually(lambda: _paused(in_process))
        await send(in_process, 2, beside)
        assert await in_process.effects(1) == [beside.id]
        async with in_process.database.transaction() as connection:
            await holds.resume(connection, [f"{in_process.prefix}in"], "operator-1")
        await send(in_process, 0, before)
        assert set(await in_process.effects(2)) == {before.id, beside.id}
