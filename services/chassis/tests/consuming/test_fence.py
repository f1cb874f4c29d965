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
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, publish, read_records
from services.chassis.testing.workers import rectified


class Claims:
    """Collects what `progress` is told, and checks each word against what is applied at that moment."""

    def __init__(self, in_process: InProcess) -> None:
        self._in_process = in_process
        self.through: dict[TopicPartition, datetime] = {}
        self.false: list[str] = []

    async def progress(self, connection: Connection, through: Mapping[TopicPartition, datetime]) -> None:
        self.through.update(through)
        rows = await connection.fetch("SELECT event_id FROM effect")
        applied = {row["event_id"] for row in rows}
        for record in await read_records(self._in_process.bootstrap, f"{self._in_process.prefix}in"):
            said = through.get(TopicPartition(record.topic, record.partition))
            event_id = dict(record.headers)["ce_id"].decode()
            if said is not None and record.timestamp < said and event_id not in applied:
                self.false.append(f"{said} was said while {event_id} of {record.timestamp} was not applied")

    def all_after(self, instant: datetime, partitions: int = 3) -> None:
        assert len(self.through) == partitions
        assert min(self.through.values()) > instant


def nothing_lags() -> None:
    assert metrics.CONSUMER_LAG.labels("worker")._value.get() == 0


async def test_everything_before_the_instant_is_applied_while_records_keep_coming(in_process: InProcess) -> None:
    claims = Claims(in_process)

    async def slowly(_: Connection, __: Delivery) -> None:
        await asyncio.sleep(0.01)

    in_process.step = slowly
    consumer = in_process.consumer(progress=claims.progress, max_records=5, observe_every=0.02)
    async with working(consumer.run):
        for n in range(6):
            await publish(
                in_process.bootstrap, f"{in_process.prefix}in", [rectified(f"K{k}", measures=f"{n}") for k in range(9)]
            )
        await in_process.effects(54)
        published = datetime.now(UTC)
        await eventually(lambda: claims.all_after(published))
    assert not claims.false


async def test_a_batch_in_hand_holds_its_partition_back_and_idle_partitions_go_on(in_process: InProcess) -> None:
    claims = Claims(in_process)
    held = asyncio.Event()

    async def hold(_: Connection, __: Delivery) -> None:
        if not held.is_set():
            raise Retryable("held")

    in_process.step = hold
    published = datetime.now(UTC)
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified("K1"), rectified("K1")])
    async with working(in_process.consumer(progress=claims.progress).run):

        def two_idle() -> None:
            assert sum(instant > published for instant in claims.through.values()) == 2

        await eventually(two_idle)
        assert len(claims.through) == 2, "nothing is known of the partition whose first batch is in hand"
        held.set()
        await in_process.effects(2)
        applied = datetime.now(UTC)
        await eventually(lambda: claims.all_after(applied))
    assert not claims.false


async def test_what_another_member_applied_counts_when_a_partition_comes_back(in_process: InProcess) -> None:
    claims = Claims(in_process)
    topic = f"{in_process.prefix}in"
    events = [rectified(f"K{n}") for n in range(9)]
    async with working(in_process.consumer(progress=claims.progress).run):
        await publish(in_process.bootstrap, topic, events[:3])
        await in_process.effects(3)
        async with working(in_process.consumer(progress=claims.progress).run):
            await publish(in_process.bootstrap, topic, events[3:6])
            await in_process.effects(6)
        await publish(in_process.bootstrap, topic, events[6:])
        await in_process.effects(9)
        back = datetime.now(UTC)
        await eventually(lambda: claims.all_after(back))
        await eventually(nothing_lags)
    assert not claims.false


async def test_a_transactions_marker_at_the_end_is_no_lag(in_process: InProcess) -> None:
    """A county may write by transactions; the marker takes up an offset that no reader ever sees."""
    claims = Claims(in_process)
    producer = AIOKafkaProducer(bootstrap_servers=in_process.bootstrap, transactional_id=f"{in_process.prefix}tx")
    await producer.start()
    async with producer.transaction():
        key, value, headers = to_kafka(rectified("K1"))
        await producer.send_and_wait(f"{in_process.prefix}in", value, key=key, headers=headers)
    await producer.stop()
    async with working(in_process.consumer(progress=claims.progress).run):
        await in_process.effects(1)
        applied = datetime.now(UTC)
        await eventually(lambda: claims.all_after(applied))
        await eventually(nothing_lags)
    # After a restart the committed offset stands before the marker.
    claims.through.clear()
    restarted = datetime.now(UTC)
    async with working(in_process.consumer(progress=claims.progress).run):
        await eventually(lambda: claims.all_after(restarted))


async def test_a_late_batch_of_an_earlier_membership_turns_no_offset_back(in_process: InProcess) -> None:
    """What was fetched before a rebalance is applied, but its offsets are no longer this member's to commit."""
    began, go_on = asyncio.Event(), asyncio.Event()

    async def first_waits(connection: Connection, deliveries: Sequence[Delivery]) -> None:
        began.set()
        if not go_on.is_set():
            raise Retryable("not yet")
        await in_process.apply(connection, deliveries)

    topic = f"{in_process.prefix}in"
    events = [rectified("K1", measures=str(n)) for n in range(4)]
    await publish(in_process.bootstrap, topic, events)
    async with working(in_process.consumer(max_records=1, apply=first_waits).run):
        await began.wait()
        # A member that reads the same by itself stands for one that had the partition in between.
        group = AIOKafkaConsumer(
            topic,
            bootstrap_servers=in_process.bootstrap,
            group_id=f"{in_process.prefix}worker",
            enable_auto_commit=False,
        )
        await group.start()
        mine = group.assignment()
        await group.stop()
        assert mine, "a rebalance took place while the batch was in hand"
        admin = AIOKafkaAdminClient(bootstrap_servers=in_process.bootstrap)
        await admin.start()
        go_on.set()
        assert await in_process.effects(4) == [event.id for event in events]

        async def committed() -> None:
            offsets = await admin.list_consumer_group_offsets(f"{in_process.prefix}worker")
            assert sum(max(0, found.offset) for found in offsets.values()) == 4

        await eventually(committed)
        await admin.close()
