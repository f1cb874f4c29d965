"""What a consumer says of its progress: 督办逾期 rests on "everything before T is applied" (promise P3)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from duban_contracts.cloudevents import to_kafka
from services.chassis.consuming.deliveries import Delivery
from services.chassis.consuming.errors import Retryable
from services.chassis.storage.database import Connection
from services.chassis.telemetry import metrics
from services.chassis.testing.kafka import eventually, publish, read_records
from services.chassis.tests.conftest import rectified
from services.chassis.tests.inside import Inside, working


class Claims:
    """Collects what `progress` is told, and checks each word against what is applied at that moment."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self.through: dict[TopicPartition, datetime] = {}
        self.false: list[str] = []

    async def progress(self, connection: Connection, through: Mapping[TopicPartition, datetime]) -> None:
        self.through.update(through)
        rows = await connection.fetch("SELECT event_id FROM effect")
        applied = {row["event_id"] for row in rows}
        for record in await read_records(self._inside.bootstrap, f"{self._inside.prefix}in"):
            said = through.get(TopicPartition(record.topic, record.partition))
            event_id = dict(record.headers)["ce_id"].decode()
            if said is not None and record.timestamp < said and event_id not in applied:
                self.false.append(f"{said} was said while {event_id} of {record.timestamp} was not applied")

    def all_after(self, instant: datetime, partitions: int = 3) -> None:
        assert len(self.through) == partitions
        assert min(self.through.values()) > instant


async def test_everything_before_the_instant_is_applied_while_records_keep_coming(inside: Inside) -> None:
    claims = Claims(inside)

    async def slowly(_: Connection, __: Delivery) -> None:
        await asyncio.sleep(0.01)

    inside.step = slowly
    consumer = inside.consumer(progress=claims.progress, max_records=5, observe_every=0.02)
    async with working(consumer.run):
        for n in range(6):
            await publish(
                inside.bootstrap, f"{inside.prefix}in", [rectified(f"K{k}", measures=f"{n}") for k in range(9)]
            )
        await inside.effects(54)
        published = datetime.now(UTC)
        await eventually(lambda: claims.all_after(published))
    assert not claims.false


async def test_a_batch_in_hand_holds_its_partition_back_and_idle_partitions_go_on(inside: Inside) -> None:
    claims = Claims(inside)
    held = asyncio.Event()

    async def hold(_: Connection, __: Delivery) -> None:
        if not held.is_set():
            raise Retryable("held")

    inside.step = hold
    published = datetime.now(UTC)
    await publish(inside.bootstrap, f"{inside.prefix}in", [rectified("K1"), rectified("K1")])
    async with working(inside.consumer(progress=claims.progress).run):

        def two_idle() -> None:
            assert sum(instant > published for instant in claims.through.values()) == 2

        await eventually(two_idle)
        assert len(claims.through) == 2, "nothing is known of the partition whose first batch is in hand"
        held.set()
        await inside.effects(2)
        applied = datetime.now(UTC)
        await eventually(lambda: claims.all_after(applied))
    assert not claims.false


async def test_what_another_member_applied_counts_when_a_partition_comes_back(inside: Inside) -> None:
    claims = Claims(inside)
    topic = f"{inside.prefix}in"
    events = [rectified(f"K{n}") for n in range(9)]
    async with working(inside.consumer(progress=claims.progress, stall_timeout=4).run):
        await publish(inside.bootstrap, topic, events[:3])
        await inside.effects(3)
        async with working(inside.consumer(progress=claims.progress).run):
            await publish(inside.bootstrap, topic, events[3:6])
            await inside.effects(6)
        await publish(inside.bootstrap, topic, events[6:])
        await inside.effects(9)
        back = datetime.now(UTC)
        await eventually(lambda: claims.all_after(back))
        assert metrics.CONSUMER_LAG.labels("worker")._value.get() == 0
    assert not claims.false


async def test_a_transactions_marker_at_the_end_is_no_lag(inside: Inside) -> None:
    """A county may write by transactions; the marker takes up an offset that no reader ever sees."""
    claims = Claims(inside)
    producer = AIOKafkaProducer(bootstrap_servers=inside.bootstrap, transactional_id=f"{inside.prefix}tx")
    await producer.start()
    async with producer.transaction():
        key, value, headers = to_kafka(rectified("K1"))
        await producer.send_and_wait(f"{inside.prefix}in", value, key=key, headers=headers)
    await producer.stop()
    async with working(inside.consumer(progress=claims.progress, stall_timeout=2).run) as task:
        await inside.effects(1)
        applied = datetime.now(UTC)
        await eventually(lambda: claims.all_after(applied))
        assert metrics.CONSUMER_LAG.labels("worker")._value.get() == 0
        await asyncio.sleep(2.5)  # longer than the stall time
        assert not task.done()
    # After a restart the committed offset stands before the marker.
    claims.through.clear()
    restarted = datetime.now(UTC)
    async with working(inside.consumer(progress=claims.progress).run):
        await eventually(lambda: claims.all_after(restarted))


async def test_a_late_batch_of_an_earlier_membership_turns_no_offset_back(inside: Inside) -> None:
    """What was fetched before a rebalance is applied, but its offsets are no longer this member's to commit."""
    began, go_on = asyncio.Event(), asyncio.Event()

    async def first_waits(connection: Connection, deliveries: Sequence[Delivery]) -> None:
        began.set()
        if not go_on.is_set():
            raise Retryable("not yet")
        await inside.apply(connection, deliveries)

    topic = f"{inside.prefix}in"
    events = [rectified("K1", measures=str(n)) for n in range(4)]
    await publish(inside.bootstrap, topic, events)
    async with working(inside.consumer(max_records=1, apply=first_waits).run):
        await began.wait()
        # A member that reads the same by itself stands for one that had the partition in between.
        group = AIOKafkaConsumer(
            topic, bootstrap_servers=inside.bootstrap, group_id=f"{inside.prefix}worker", enable_auto_commit=False
        )
        await group.start()
        mine = group.assignment()
        await group.stop()
        assert mine, "a rebalance took place while the batch was in hand"
        admin = AIOKafkaAdminClient(bootstrap_servers=inside.bootstrap)
        await admin.start()
        go_on.set()
        assert await inside.effects(4) == [event.id for event in events]

        async def committed() -> None:
            offsets = await admin.list_consumer_group_offsets(f"{inside.prefix}worker")
            assert sum(max(0, found.offset) for found in offsets.values()) == 4

        await eventually(committed)
        await admin.close()
