"""Work that comes round: it stops when asked, waits out the database, and never hides a bug."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import asyncpg
import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.process.periodic import breathe, every, rest
from services.chassis.testing.clock import ManualClock

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


async def test_work_is_done_again_and_again_until_asked_to_stop() -> None:
    stopping = asyncio.Event()
    done: list[int] = []

    async def work() -> None:
        done.append(len(done))
        if len(done) == 3:
            stopping.set()

    await asyncio.wait_for(every(60, work, clock=ManualClock(NOON), stopping=stopping, name="test"), 120)
    assert done == [0, 1, 2]


async def test_a_database_that_is_away_is_waited_out() -> None:
    stopping, failures = asyncio.Event(), iter([OSError("away"), asyncpg.ConnectionDoesNotExistError("gone")])
    done = []

    async def work() -> None:
        if failure := next(failures, None):
            raise failure
        done.append("done")
        stopping.set()

    await asyncio.wait_for(every(60, work, clock=ManualClock(NOON), stopping=stopping, name="test"), 120)
    assert done == ["done"]


async def test_a_bug_ends_the_loop() -> None:
    async def work() -> None:
        raise asyncpg.InterfaceError("the server expects 3 arguments for this query, 2 were passed")

    with pytest.raises(asyncpg.InterfaceError):
        await asyncio.wait_for(every(60, work, clock=ManualClock(NOON), stopping=asyncio.Event(), name="test"), 120)


async def test_a_rest_ends_at_once_when_asked_to_stop() -> None:
    stopping = asyncio.Event()
    resting = asyncio.ensure_future(rest(3600, clock=SystemClock(), stopping=stopping))
    await asyncio.sleep(0)
    assert not resting.done()
    stopping.set()
    await asyncio.wait_for(resting, 120)


@pytest.mark.parametrize(("took", "least", "most"), [(0.0, 0.02, 0.02), (0.1, 0.3, 1.0), (3600.0, 1.0, 1.0)])
async def test_a_breath_is_three_times_as_long_as_its_part_and_a_second_at_most(
    took: float, least: float, most: float
) -> None:
    slept: list[float] = []

    class Noting(SystemClock):
        async def sleep(self, seconds: float) -> None:
            slept.append(seconds)

    await breathe(Noting(), time.perf_counter() - took)
    assert least <= slept[0] <= most + 0.5 * (took == 0.0)
