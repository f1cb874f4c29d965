"""Workers of the stream killed at every step: nothing is lost and nothing doubled."""

from __future__ import annotations

import asyncio
import random
import signal

import pytest

from duban_contracts.testing.stories import in_waves
from services.chassis.testing.kafka import eventually
from services.statistics.tests.bench import Bench
from services.statistics.tests.stories import city_of

pytestmark = [pytest.mark.promise("P5"), pytest.mark.timeout(600)]


@pytest.mark.chaos
@pytest.mark.parametrize(
    "failpoint", ["statistics.taken#3", "statistics.before_database_commit#3", "statistics.booked#3"]
)
async def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(
    bench: Bench, chance: random.Random, failpoint: str
) -> None:
    city = city_of(120, chance)
    await bench.publish(in_waves(city))
    async with bench.process(failpoint) as process:
        assert await asyncio.wait_for(process.wait(), 150) == -signal.SIGKILL
    assert await bench.booked() < 600
    async with bench.process():
        await eventually(lambda: bench.expect_booked(600))
    await bench.expect_equal_books(city)


@pytest.mark.chaos
async def test_a_worker_killed_in_the_middle_of_2000_events_ends_with_the_recomputed_books(
    bench: Bench, chance: random.Random
) -> None:
    city = city_of(400, chance)
    events = in_waves(city)
    await bench.publish(events[:1000])
    async with bench.process() as process:
        await eventually(lambda: _expect_some_booked(bench))
        feeding = asyncio.create_task(bench.publish(events[1000:]))
        process.send_signal(signal.SIGKILL)
        await asyncio.gather(process.wait(), feeding)
    async with bench.process():
        await eventually(lambda: bench.expect_booked(2000))
    await bench.expect_equal_books(city)


@pytest.mark.chaos
async def test_a_second_worker_takes_over_the_partitions_of_a_killed_one(bench: Bench, chance: random.Random) -> None:
    city = city_of(160, chance)
    events = in_waves(city)
    await bench.publish(events[:300])
    async with bench.process() as first:
        await eventually(lambda: bench.expect_booked(300))
        async with bench.process(worker="-2") as second:
            await bench.publish(events[300:500])
            await eventually(lambda: bench.expect_booked(500))
            feeding = asyncio.create_task(bench.publish(events[500:]))
            first.send_signal(signal.SIGKILL)
            await asyncio.gather(first.wait(), feeding)
            await eventually(lambda: bench.expect_booked(800))
            assert second.returncode is None
    await bench.expect_equal_books(city)


async def _expect_some_booked(bench: Bench) -> None:
    assert await bench.booked() > 0
