"""Clocks that were ahead: what they stamped and said is no evidence once they are right again (promise P3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY

from services.chassis.consuming.ahead import never_ahead
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.observer import Observer
from services.chassis.storage.database import Connection
from services.chassis.testing.clock import ManualClock
from services.chassis.tests.consuming.fetched import PARTITION, Fetched

pytestmark = pytest.mark.promise("P3")
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
HOURS = timedelta(hours=2)
SECOND = timedelta(seconds=1)


def observer(client: Any, clock: ManualClock) -> Observer:
    return Observer(
        name="worker", consumer=client, bootstrap="", clock=clock, stall_timeout=90, since=NOON - timedelta(days=1)
    )


def record(stamp: datetime) -> RawRecord:
    return RawRecord(PARTITION.topic, PARTITION.partition, 4, stamp, b"", b"", [])


def oldest() -> float | None:
    return REGISTRY.get_sample_value("duban_consumer_oldest_unprocessed_timestamp_seconds", {"consumer": "worker"})


async def test_what_a_broker_stamped_ahead_is_applied_through_the_instant_at_which_it_was() -> None:
    client, clock = Fetched(), ManualClock(NOON)
    watching = observer(client, clock)
    await watching.on_partitions_assigned([PARTITION])
    taken = watching.took([record(NOON + HOURS)])
    watching.applied(taken, taken.records)
    client.end = client.stable = 11
    for _ in range(3):
        clock.advance(60 * SECOND)
        assert await watching.observe() == {PARTITION: NOON}
    assert oldest() == NOON.timestamp(), "who is stuck grows older"


async def test_what_our_own_clock_said_before_it_was_set_back_is_forgotten() -> None:
    client, ahead, right = Fetched(), ManualClock(NOON + HOURS), ManualClock(NOON)
    watching = observer(client, ahead)
    await watching.on_partitions_assigned([PARTITION])
    await watching.observe()
    watching._clock = right
    client.end = 11
    assert await watching.observe() == {}
    client.read = client.stable = 11
    assert await watching.observe() == {PARTITION: NOON}


async def test_what_is_taken_in_the_rest_of_a_brokers_millisecond_is_not_said_to_be_applied() -> None:
    client, clock = Fetched(), ManualClock(NOON + timedelta(microseconds=789_243))
    watching = observer(client, clock)
    await watching.on_partitions_assigned([PARTITION])
    assert await watching.observe() == {PARTITION: NOON + timedelta(milliseconds=789)}


async def test_a_batch_is_never_noted_ahead_of_our_own_clock() -> None:
    noted: dict[TopicPartition, datetime] = {}

    async def note(_: Connection, through: Any) -> None:
        noted.update(through)

    connection: Any = None
    await never_ahead(note, ManualClock(NOON))(
        connection, {PARTITION: NOON + HOURS, TopicPartition("b", 0): NOON - SECOND}
    )
    assert noted == {PARTITION: NOON, TopicPartition("b", 0): NOON - SECOND}


async def test_an_open_transaction_is_told_of_by_whoever_reads_the_partition_and_nobody_else() -> None:
    client, clock = Fetched(), ManualClock(NOON)
    watching = observer(client, clock)
    await watching.on_partitions_assigned([PARTITION])
    client.stable = 5

    def since() -> float | None:
        labels = {"consumer": "worker", "topic": PARTITION.topic}
        return REGISTRY.get_sample_value("duban_consumer_open_transaction_timestamp_seconds", labels)

    await watching.observe()
    assert since() is not None
    client.mine = set()
    await watching.on_partitions_assigned([])
    await watching.observe()
    assert since() is None
