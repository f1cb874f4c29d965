"""What is in hand while the next batch is fetched already: a position is the oldest record's that is not applied."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.hands import Hands, Taken
from services.chassis.consuming.observer import Observer
from services.chassis.testing.clock import ManualClock
from services.chassis.tests.consuming.fetched import PARTITION, Fetched

_NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
_WALL = _NOON + timedelta(hours=1)
_BATCHES = st.lists(st.lists(st.integers(0, 3), max_size=6), max_size=5)


def _records(partitions: list[int], ends: dict[int, int]) -> list[RawRecord]:
    """Return the next record of each partition named, in order; `ends` says which offset comes next, and is moved on."""
    found = []
    for partition in partitions:
        offset = ends.get(partition, 0)
        ends[partition] = offset + 1
        at = _NOON + timedelta(seconds=10 * offset + partition)
        found.append(RawRecord("in", partition, offset, at, None, None, []))
    return found


@given(batches=_BATCHES, data=st.data())
def test_of_each_partition_the_first_record_that_is_not_applied_counts_whatever_is_done_first(
    batches: list[list[int]], data: st.DataObject
) -> None:
    hands, ends = Hands(), dict[int, int]()
    left_over = [Taken(_records(batch, ends), 1) for batch in batches]
    for taken in left_over:
        hands.take(taken, _WALL)
    for taken in data.draw(st.lists(st.sampled_from(left_over), unique_by=id)) if left_over else []:
        hands.let_go(taken)
        left_over = [each for each in left_over if each is not taken]
    left = [record for taken in left_over for record in taken.records]
    first = {record.topic_partition: record for record in reversed(left)}
    assert hands.offsets() == {partition: record.offset for partition, record in first.items()}
    for number in range(4):
        partition = TopicPartition("in", number)
        assert hands.since(partition) == (first[partition].timestamp if partition in first else None)


def test_a_time_in_the_future_is_no_older_records_time_and_is_forgotten_when_the_clock_is_set_back() -> None:
    hands, partition = Hands(), TopicPartition("in", 0)
    ahead = RawRecord("in", 0, 7, _WALL + timedelta(days=1), None, None, [])
    hands.take(Taken([ahead], 1), _WALL)
    assert hands.since(partition) == _WALL
    hands.forget_the_future(_NOON)
    assert (hands.since(partition), hands.offsets()) == (None, {partition: 7})
    hands.clear()
    assert hands.offsets() == {}


async def test_what_is_put_back_while_another_partitions_position_is_waited_for_is_not_said_to_be_applied() -> None:
    """A hold puts back what waits behind another batch: the position that was read before stands behind it."""
    other = TopicPartition("county.140521.v1", 0)
    client: Any = Fetched()
    client.mine = {PARTITION, other}
    watching = Observer(
        name="worker", consumer=client, bootstrap="", clock=ManualClock(_NOON), stall_timeout=90, since=_NOON
    )
    await watching.on_partitions_assigned([PARTITION, other])
    taken = watching.took([RawRecord(PARTITION.topic, PARTITION.partition, 5, _NOON, None, None, [])])

    async def position(partition: TopicPartition) -> int:
        if partition == other:
            watching.applied(taken, [])
        return 10

    client.position = position
    assert await watching.observe() == {other: _NOON}
