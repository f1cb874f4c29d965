"""Work that comes round: it stops when asked, waits out the database, and never hides a bug."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.process.periodic import every, rest
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
