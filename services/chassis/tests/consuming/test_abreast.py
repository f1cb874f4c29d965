"""Of a backlog two batches are applied at once where they share no partition; one that hangs is passed only so often."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from duban_contracts.cloudevents import CloudEvent
from services.chassis.consuming import loop
from services.chassis.consuming.deliveries import Delivery
from services.chassis.consuming.errors import Stalled
from services.chassis.storage.database import Connection
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, publish, read_records
from services.chassis.testing.workers import rectified

pytestmark = pytest.mark.promise("P1")
FULL, KEYS = 2, 12


class Gates:
    """Applies what comes; a batch with a key that is shut waits until it is opened."""

    def __init__(self, in_process: InProcess) -> None:
        self._in_process = in_process
        self.shut: set[str | None] = set()
        self.opened = asyncio.Event()
        self.waiting: list[set[str | None]] = []

    async def apply(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        keys = {delivery.event.subject for delivery in deliveries}
        if keys & self.shut:
            self.waiting.append(keys)
            await self.opened.wait()
        await self._in_process.apply(connection, deliveries)


async def backlog(in_process: InProcess, each: int) -> list[list[CloudEvent]]:
    """Return by partition of the topic `each` events that will stand on it; one of every key is published to find out."""
    topic = f"{in_process.prefix}in"
    await publish(in_process.bootstrap, topic, [rectified(f"K{nth}") for nth in range(KEYS)])
    key_of = {record.partition: record.key for record in await read_records(in_process.bootstrap, topic)}
    assert len(key_of) == 3
    names = [key.decode() for key in key_of.values() if key is not None]
    return [[rectified(name, measures=str(nth)) for nth in range(each)] for name in names]


async def test_a_batch_of_other_partitions_is_applied_beside_a_full_one_and_whoever_is_asked_to_stop_finishes_both(
    in_process: InProcess,
) -> None:
    gates = Gates(in_process)
    lanes = await backlog(in_process, 6)
    async with working(in_process.consumer(max_records=FULL, apply=gates.apply, abreast=True).run):
        await in_process.effects(KEYS)
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [event for events in lanes for event in events])
    gates.shut = {events[0].subject for events in lanes}
    async with working(in_process.consumer(max_records=FULL, apply=gates.apply, abreast=True).run):

        def two_wait() -> None:
            assert len(gates.waiting) == 2

        await eventually(two_wait)
        assert gates.waiting[0].isdisjoint(gates.waiting[1])
        asyncio.get_running_loop().call_soon(gates.opened.set)
    assert await in_process.value("SELECT count(*) FROM effect") == KEYS + 2 * FULL
    async with working(in_process.consumer(max_records=FULL, abreast=True).run):
        done = (await in_process.effects(KEYS + 18))[KEYS:]
    assert len(done) == 18
    for events in lanes:
        ids = [event.id for event in events]
        assert [each for each in done if each in ids] == ids


async def test_a_batch_that_hangs_is_passed_a_few_times_and_then_it_is_a_stall(in_process: InProcess) -> None:
    gates, topic = Gates(in_process), f"{in_process.prefix}in"
    mine, *others = await backlog(in_process, 4 * loop._MOST_OVERTAKING)
    async with working(in_process.consumer(max_records=FULL, apply=gates.apply, abreast=True).run):
        await in_process.effects(KEYS)
    # Before anybody reads: one that came by itself would be a batch that is not full, and nothing is fetched beside that.
    await publish(in_process.bootstrap, topic, mine[:FULL])
    gates.shut = {mine[0].subject}
    consumer = in_process.consumer(max_records=FULL, apply=gates.apply, abreast=True, stall_timeout=3.0)
    role = asyncio.create_task(consumer.run(asyncio.Event()))
    await eventually(lambda: _waits(gates))
    await publish(in_process.bootstrap, topic, [event for events in others for event in events])
    with pytest.raises(Stalled):
        await asyncio.wait_for(role, 60)
    passed = await in_process.value("SELECT count(*) FROM effect")
    assert KEYS < passed <= KEYS + FULL * (1 + loop._MOST_OVERTAKING)


def _waits(gates: Gates) -> None:
    assert gates.waiting
