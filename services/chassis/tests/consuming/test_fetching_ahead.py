"""Behind a full batch the next one is fetched while the first is applied; whoever stops then leaves it to the next reader."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.chassis.consuming import fetching, holds
from services.chassis.consuming.batches import Apply
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.storage.database import Connection
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, publish, read_records
from services.chassis.testing.workers import rectified

FULL = 2


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many records each fetch that found any brought."""
    found: list[int] = []
    records = fetching.Fetching.records

    async def noted(self: fetching.Fetching, in_hand: AbstractSet[TopicPartition]) -> list[RawRecord]:
        taken = await records(self, in_hand)
        if taken:
            found.append(len(taken))
        return taken

    monkeypatch.setattr(fetching.Fetching, "records", noted)
    return found


def _once(go_on: asyncio.Event, in_process: InProcess) -> Apply:
    async def apply(connection: Connection, deliveries: Sequence[Delivery]) -> None:
        await go_on.wait()
        await in_process.apply(connection, deliveries)

    return apply


@pytest.mark.promise("P1")
async def test_a_batch_that_was_fetched_ahead_is_applied_once_and_in_order_by_whoever_reads_next(
    in_process: InProcess, batches: list[int]
) -> None:
    events = [rectified("K1", measures=str(n)) for n in range(5)]
    await publish(in_process.bootstrap, f"{in_process.prefix}in", events)
    go_on = asyncio.Event()

    def one_ahead() -> None:
        assert batches == [FULL, FULL], "one is in hand, one is ahead, and no more"

    async with working(in_process.consumer(max_records=FULL, apply=_once(go_on, in_process)).run) as role:
        await eventually(one_ahead)
        # Asked to stop, it finishes the one that is being applied and lets go of the other.
        asyncio.get_running_loop().call_soon(go_on.set)
    assert role.done()
    assert await in_process.effects(FULL) == [event.id for event in events[:FULL]]
    async with working(in_process.consumer(max_records=FULL).run):
        assert await in_process.effects(5) == [event.id for event in events]


@pytest.mark.promise("P1")
async def test_what_was_fetched_ahead_of_a_partition_that_is_held_meanwhile_is_read_again_once_it_is_resumed(
    in_process: InProcess, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [rectified("K1", measures=str(n)) for n in range(5)]
    await publish(in_process.bootstrap, f"{in_process.prefix}in", events)
    partition = (await read_records(in_process.bootstrap, f"{in_process.prefix}in"))[0].topic_partition
    go_on = asyncio.Event()

    def one_ahead() -> None:
        assert batches == [FULL, FULL]

    def is_held() -> None:
        assert clients[0].paused() == {partition}

    async def put_back() -> None:
        assert await clients[0].position(partition) == FULL

    clients: list[AIOKafkaConsumer] = []
    start = AIOKafkaConsumer.start

    async def started(self: AIOKafkaConsumer) -> None:
        clients.append(self)
        await start(self)

    role = in_process.consumer(max_records=FULL, apply=_once(go_on, in_process))
    monkeypatch.setattr(AIOKafkaConsumer, "start", started)
    async with working(role.run):
        await eventually(one_ahead)
        async with in_process.database.transaction() as connection:
            await holds.pause(connection, "worker", [partition], "operator-1")
        await eventually(is_held)
        go_on.set()
        assert await in_process.effects(FULL) == [event.id for event in events[:FULL]]
        await eventually(put_back)
        assert await in_process.value("SELECT count(*) FROM effect") == FULL, "it is held"
        async with in_process.database.transaction() as connection:
            await holds.end_pause(connection, "worker", "operator-1")
        assert await in_process.effects(5) == [event.id for event in events]


async def test_what_comes_behind_a_batch_that_is_not_full_is_left_to_gather(
    in_process: InProcess, batches: list[int]
) -> None:
    topic, go_on = f"{in_process.prefix}in", asyncio.Event()

    def one_in_hand() -> None:
        assert batches == [1]

    async with working(in_process.consumer(max_records=9, apply=_once(go_on, in_process)).run):
        await publish(in_process.bootstrap, topic, [rectified("K1")])
        await eventually(one_in_hand)
        await publish(in_process.bootstrap, topic, [rectified("K1", measures=str(n)) for n in range(3)])
        await asyncio.sleep(0.5)
        one_in_hand()
        go_on.set()
        await in_process.effects(4)
