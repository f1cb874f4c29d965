"""One partition's trouble is one partition's: whatever a publisher writes, its neighbours are read and it is answered."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka import Producer

from duban_contracts.cloudevents import CloudEvent, to_kafka
from services.chassis.consuming import fetching, raw_fetch
from services.chassis.consuming.batches import RefusedRecord
from services.chassis.consuming.codecs import UNPACKED_BYTES
from services.chassis.consuming.raw_fetch import Fetched
from services.chassis.storage.database import Connection
from services.chassis.testing.foreign import append_batch, batch_of
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import rectified

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


class Answers:
    """Keeps what the consumer refused."""

    def __init__(self) -> None:
        self.given: list[tuple[str, str]] = []

    async def __call__(self, _: Connection, refused: Sequence[RefusedRecord]) -> None:
        self.given += [(one.record.origin, one.why.code) for one in refused]


def foreign(in_process: InProcess, codec: str, **settings: object) -> Producer:
    return Producer(
        {
            "bootstrap.servers": in_process.bootstrap,
            "compression.type": codec,
            "linger.ms": 100,
            "message.max.bytes": 200_000_000,
            **settings,
        }
    )


def send(in_process: InProcess, producer: Producer, events: Sequence[CloudEvent], partition: int) -> None:
    for event in events:
        key, value, headers = to_kafka(event)
        producer.produce(f"{in_process.prefix}in", value, key, partition=partition, headers=list(headers))


@pytest.mark.parametrize("codec", CODECS)
async def test_a_batch_in_every_codec_of_a_foreign_client_is_read(in_process: InProcess, codec: str) -> None:
    events = [rectified(f"K{n}") for n in range(20)]
    producer = foreign(in_process, codec)
    send(in_process, producer, events, 1)
    producer.flush(20)
    async with working(in_process.consumer().run):
        assert sorted(await in_process.effects(20)) == sorted(event.id for event in events)


async def test_a_batch_that_unfolds_too_far_is_answered_and_stepped_over(in_process: InProcess) -> None:
    answers = Answers()
    before, after, beside = rectified("K1"), rectified("K2"), rectified("K3")
    producer = foreign(in_process, "zstd")
    send(in_process, producer, [before], 0)
    producer.flush(20)
    producer.produce(f"{in_process.prefix}in", bytes(UNPACKED_BYTES * 4), b"bomb", partition=0)
    producer.flush(20)
    send(in_process, producer, [after], 0)
    send(in_process, producer, [beside], 1)
    producer.flush(20)
    async with working(in_process.consumer(refuse=answers).run):
        assert sorted(await in_process.effects(3)) == sorted(event.id for event in (before, after, beside))
    assert answers.given == [(f"{in_process.prefix}in/0/1", "unreadable-batch")]
    assert await in_process.value("SELECT code FROM dead_letter WHERE refused") == "unreadable-batch"
    assert await in_process.value("SELECT length(value) < 100000 FROM dead_letter")


@pytest.mark.promise("P3")
async def test_while_the_broker_is_asked_for_a_batch_what_was_fetched_of_the_others_is_applied(
    in_process: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()

    async def fetch_batch(*arguments: Any) -> Fetched:
        asked.set()
        await answered.wait()
        return await raw_fetch.fetch_batch(*arguments)

    monkeypatch.setattr(fetching, "fetch_batch", fetch_batch)
    beside = [rectified(f"K{n}") for n in range(2)]
    bomb = foreign(in_process, "zstd")
    bomb.produce(f"{in_process.prefix}in", bytes(UNPACKED_BYTES * 2), b"bomb", partition=1)
    bomb.flush(20)
    producer = foreign(in_process, "none")
    for partition, event in zip((0, 2), beside, strict=True):
        send(in_process, producer, [event], partition)
    producer.flush(20)
    async with working(in_process.consumer().run):
        try:
            await asyncio.wait_for(asked.wait(), 30)
            assert sorted(await in_process.effects(2)) == sorted(event.id for event in beside)
        finally:
            answered.set()


async def test_a_header_whose_name_is_no_utf_8_is_nobodys_and_its_record_is_read(in_process: InProcess) -> None:
    odd, plain, beside = rectified("K1"), rectified("K1", measures="then"), rectified("K2")
    batch = batch_of([odd], extra={b"x-\xc3\x28\xff\xfe": b"of another software"})
    await append_batch(in_process.bootstrap, f"{in_process.prefix}in", 0, batch)
    producer = foreign(in_process, "none")
    send(in_process, producer, [plain], 0)
    send(in_process, producer, [beside], 2)
    producer.flush(20)
    async with working(in_process.consumer().run):
        assert sorted(await in_process.effects(3)) == sorted(event.id for event in (odd, plain, beside))
    assert await in_process.value("SELECT count(*) FROM dead_letter") == 0


async def test_what_its_publisher_took_back_is_no_event(in_process: InProcess) -> None:
    kept, aborted, later = rectified("K1"), rectified("K2"), rectified("K3")
    producer = foreign(in_process, "snappy", **{"transactional.id": uuid.uuid4().hex})
    await asyncio.to_thread(producer.init_transactions, 120)
    for event, end in ((kept, producer.commit_transaction), (aborted, producer.abort_transaction)):
        producer.begin_transaction()
        send(in_process, producer, [event], 0)
        producer.flush(20)
        await asyncio.to_thread(end, 120)
    send_later = foreign(in_process, "none")
    send(in_process, send_later, [later], 0)
    send_later.flush(20)
    async with working(in_process.consumer().run):
        assert await in_process.effects(2) == [kept.id, later.id]


async def test_an_open_transaction_holds_the_fence_of_its_partition(in_process: InProcess) -> None:
    waiting = rectified("K1")
    producer = foreign(in_process, "none", **{"transactional.id": uuid.uuid4().hex})
    await asyncio.to_thread(producer.init_transactions, 120)
    through: dict[int, float] = {}

    async def progress(_: Connection, applied: dict[TopicPartition, object]) -> None:
        through.update({p.partition: t.timestamp() for p, t in applied.items()})  # type: ignore[attr-defined]

    async with working(in_process.consumer(progress=progress).run):
        await eventually(lambda: _all_known(through))
        producer.begin_transaction()
        send(in_process, producer, [waiting], 0)
        producer.flush(20)
        held = max(through.values())
        await eventually(lambda: _beyond(through[1], held + 3))
        assert through[0] < held + 2
        assert await in_process.effects(0) == []
        await asyncio.to_thread(producer.commit_transaction, 120)
        assert await in_process.effects(1) == [waiting.id]
        await eventually(lambda: _beyond(through[0], held + 3))


def _all_known(through: dict[int, float]) -> None:
    assert len(through) == 3


def _beyond(instant: float, mark: float) -> None:
    assert instant > mark


async def test_a_consumer_that_reads_behind_a_foreign_batch_goes_on_after_a_restart(in_process: InProcess) -> None:
    first, second = rectified("K1"), rectified("K2")
    producer = foreign(in_process, "zstd")
    producer.produce(f"{in_process.prefix}in", bytes(UNPACKED_BYTES * 2), b"bomb", partition=0)
    producer.flush(20)
    send(in_process, producer, [first], 0)
    producer.flush(20)
    for expected, event in ((1, second), (2, None)):
        answers = Answers()
        async with working(in_process.consumer(refuse=answers).run):
            assert len(await in_process.effects(expected)) == expected
        if event is not None:
            send(in_process, producer, [event], 0)
            producer.flush(20)
    consumer = AIOKafkaConsumer(bootstrap_servers=in_process.bootstrap, group_id=f"{in_process.prefix}worker")
    await consumer.start()
    try:
        assert await consumer.committed(TopicPartition(f"{in_process.prefix}in", 0)) == 3
    finally:
        await consumer.stop()
