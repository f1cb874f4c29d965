"""What trickles in is taken in few batches; whoever can't wait is told at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.chassis.consuming.deliveries import Delivery
from services.chassis.consuming.options import UNHURRIED, ConsumerOptions
from services.chassis.storage.database import Connection
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import publish
from services.chassis.testing.workers import rectified

RECORDS = 5
WAIT_SECONDS = 3.0


class Batches:
    """Counts how often something was applied."""

    def __init__(self, in_process: InProcess) -> None:
        self._in_process = in_process
        self.number = 0

    async def apply(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        self.number += 1
        await self._in_process.apply(connection, deliveries)


@pytest.mark.parametrize("gathers", [True, False])
async def test_what_trickles_in_is_taken_together_by_whoever_can_wait(in_process: InProcess, *, gathers: bool) -> None:
    batches, topic = Batches(in_process), f"{in_process.prefix}in"
    first, *events = [rectified("K1") for _ in range(1 + RECORDS)]
    consumer = in_process.consumer(
        apply=batches.apply, fetch_bytes=64 * 1024 if gathers else 1, fetch_wait=WAIT_SECONDS
    )
    async with working(consumer.run):
        await publish(in_process.bootstrap, topic, [first])
        await in_process.effects(1)
        for number, event in enumerate(events, start=2):
            await publish(in_process.bootstrap, topic, [event])
            if not gathers:
                await in_process.effects(number)
        assert await in_process.effects(1 + RECORDS) == [each.id for each in (first, *events)]
    # Each in a batch of its own would have taken as many waits as there are records.
    assert batches.number < 1 + RECORDS if gathers else batches.number == 1 + RECORDS


@pytest.mark.pure
@pytest.mark.parametrize(("partitions", "seconds"), [(0, 0.25), (12, 0.25), (150, 0.5), (300, 1.0), (5000, 1.0)])
def test_the_more_partitions_are_empty_the_longer_a_fetch_of_them_may_wait(partitions: int, seconds: float) -> None:
    assert ConsumerOptions().idle_wait(partitions) == pytest.approx(seconds)
    assert ConsumerOptions(fetch_wait=3.0).idle_wait(partitions) == 3.0


@pytest.mark.pure
def test_whoever_is_not_in_a_hurry_gathers_longer_and_hears_of_what_ends_a_silence_as_soon_as_others() -> None:
    assert ConsumerOptions().fetch_wait < UNHURRIED.fetch_wait <= UNHURRIED.idle_wait(0)
