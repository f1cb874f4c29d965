"""Lights that tell the truth: whether a consumer reads, how old what it has not done is, and that a restart forgets nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Set as AbstractSet
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import REGISTRY

from duban_contracts.cloudevents import CloudEvent
from services.chassis.consuming import fetching
from services.chassis.consuming.consumer import Consumer
from services.chassis.consuming.dead_letters import DeadLetterLimit
from services.chassis.consuming.deliveries import Delivery
from services.chassis.consuming.errors import Poison
from services.chassis.storage.database import Connection
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, publish, read_records
from services.chassis.testing.workers import rectified

pytestmark = pytest.mark.promise("P7")


def gauge(name: str, consumer: str = "worker", **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"duban_consumer_{name}", {"consumer": consumer, **labels})


async def is_reading(consumer: Consumer) -> None:
    assert gauge("reading") == 1
    assert await consumer.standing.missing() is None


async def is_not_reading(consumer: Consumer, why: str) -> None:
    assert gauge("reading") == 0
    assert why in (await consumer.standing.missing() or "")
    assert math.isnan(gauge("lag_records") or 0), "how far it lags is not known"


async def test_it_says_nothing_before_it_is_run_here_then_that_it_joins_then_that_it_reads(
    in_process: InProcess,
) -> None:
    consumer = in_process.consumer()
    assert await consumer.standing.missing() is None  # its role runs elsewhere
    stopping = asyncio.Event()
    running = asyncio.ensure_future(consumer.run(stopping))
    await asyncio.sleep(0)
    assert (await consumer.standing.missing()) == "worker: has not joined its group yet"
    await eventually(lambda: is_reading(consumer))
    stopping.set()
    await running


async def test_a_consumer_without_a_broker_says_so_and_is_as_old_as_its_process(in_process: InProcess) -> None:
    consumer = in_process.consumer(bootstrap="127.0.0.1:1")
    began = consumer._clock.wall().timestamp()
    async with working(consumer.run):
        await eventually(lambda: is_not_reading(consumer, "Kafka is not reachable yet"))
        told = gauge("oldest_unprocessed_timestamp_seconds")
        assert told is not None
        assert told >= began
        await asyncio.sleep(0.3)
        assert gauge("oldest_unprocessed_timestamp_seconds") == told, "it grows old"


async def test_a_consumer_that_is_built_anew_again_and_again_is_never_taken_for_one_that_reads(
    in_process: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, begun = 0, set[int]()
    whole = fetching.Fetching.records

    async def broken(self: fetching.Fetching, in_hand: AbstractSet[TopicPartition]) -> list[Any]:
        nonlocal rounds
        if self._name != "worker":
            return await whole(self, in_hand)  # of a service that another test runs in this process
        await asyncio.sleep(0.3)
        if id(self) not in begun:
            begun.add(id(self))
            return []  # it reads, for a moment
        rounds += 1
        raise KafkaError("not even a batch")

    monkeypatch.setattr(fetching.Fetching, "records", broken)
    consumer, seen = in_process.consumer(), set[float | None]()
    async with working(consumer.run):

        async def several() -> None:
            if rounds > 2:
                # Twice it was believed; the third that was built anew has to last.
                seen.add(gauge("reading"))
            assert rounds > 5

        await eventually(several)
        assert seen == {0.0}
        await eventually(lambda: is_not_reading(consumer, "not even a batch"))


async def test_what_waits_is_as_old_as_the_record_in_hand_also_for_a_process_that_has_just_begun(
    in_process: InProcess,
) -> None:
    events: list[CloudEvent] = [rectified("K1"), rectified("K2")]
    await publish(in_process.bootstrap, f"{in_process.prefix}in", events)
    oldest = min(record.timestamp for record in await read_records(in_process.bootstrap, f"{in_process.prefix}in"))
    go_on = asyncio.Event()

    async def wait(_: Connection, __: Delivery) -> None:
        await go_on.wait()

    in_process.step = wait

    async def tells_the_age() -> None:
        assert gauge("oldest_unprocessed_timestamp_seconds") == oldest.timestamp()

    async def has_caught_up() -> None:
        assert (gauge("oldest_unprocessed_timestamp_seconds") or 0) > oldest.timestamp() + 0.1

    async with working(in_process.consumer().run):
        await eventually(tells_the_age)
        go_on.set()
        await eventually(has_caught_up)


async def test_a_consumer_that_stands_still_says_so_without_a_broker_too(in_process: InProcess) -> None:
    async def bug(_: Connection, delivery: Delivery) -> None:
        raise Poison("bug", "on purpose", delivery=delivery)

    in_process.step = bug
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified(f"K{n}") for n in range(3)])
    limit = DeadLetterLimit(count=3)

    async def halted() -> None:
        assert gauge("halted") == 1

    consumer = in_process.consumer(dead_letters=limit)
    async with working(consumer.run):
        await eventually(halted)
        await eventually(lambda: is_not_reading(consumer, "3 events failed"))
    # Another process, which has not even joined, tells the same from the table.
    REGISTRY._names_to_collectors["duban_consumer_halted"].labels("worker").set(0)  # type: ignore[attr-defined]
    async with working(in_process.consumer(dead_letters=limit, bootstrap="127.0.0.1:1").run):
        await eventually(halted)
        assert REGISTRY.get_sample_value("duban_dead_letters_held", {"consumer": "worker"}) == 3
