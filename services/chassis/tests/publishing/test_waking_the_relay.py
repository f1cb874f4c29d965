"""Commits wake the relay of their own process."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from services.chassis.process.clock import SystemClock
from services.chassis.publishing.outbox import OutboxMessage, pack_headers
from services.chassis.publishing.producer import NotAcknowledged
from services.chassis.publishing.relay import Relay
from services.chassis.storage.database import Connection
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually, read_records

NONE = pack_headers([])


def record(in_process: InProcess, number: int) -> OutboxMessage:
    return OutboxMessage(f"{in_process.prefix}out", b"K", str(number).encode(), [])


async def carried_away(in_process: InProcess) -> None:
    assert await in_process.value("SELECT count(*) FROM outbox") == 0


class Unlooking(SystemClock):
    """A clock by which the next look at the outbox does not come before `morning`."""

    def __init__(self) -> None:
        self.morning = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Rest for a breath; wait for the morning for anything longer."""
        await (asyncio.sleep(seconds) if seconds < 0.05 else self.morning.wait())


async def test_a_commit_in_its_own_process_wakes_the_relay_though_its_next_look_is_far_away(
    in_process: InProcess,
) -> None:
    clock = Unlooking()
    woken = Relay(database=in_process.database, bootstrap=in_process.bootstrap, service="test", clock=clock)
    async with working(woken.run):
        try:
            for number in range(3):
                await in_process.append([record(in_process, number)])
                await eventually(lambda: carried_away(in_process))
        finally:
            clock.morning.set()
    carried = await read_records(in_process.bootstrap, f"{in_process.prefix}out")
    assert sorted(each.value or b"" for each in carried) == [b"0", b"1", b"2"]


class Hiccups(Relay):
    """A relay that meets a fault before each batch that it carries."""

    def __init__(self, in_process: InProcess, clock: SystemClock) -> None:
        super().__init__(database=in_process.database, bootstrap=in_process.bootstrap, service="test", clock=clock)
        self._next_fails = True

    async def _carry_batch(self, connection: Connection) -> int:
        self._next_fails = not self._next_fails
        if not self._next_fails:
            raise NotAcknowledged("a broker was changed")
        return await super()._carry_batch(connection)


class Remembering(SystemClock):
    """A clock that notes the rests of a relay that waits out a fault."""

    def __init__(self) -> None:
        self.rests: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        await asyncio.sleep(0)


async def test_a_fault_is_waited_out_no_longer_for_those_that_were_before_it(in_process: InProcess) -> None:
    clock = Remembering()
    async with working(Hiccups(in_process, clock).run):

        async def many_faults() -> None:
            assert len(clock.rests) >= 20

        await eventually(many_faults)
    assert max(clock.rests) < 1


class Hastening(SystemClock):
    """A clock that notes the rests between looks, and whose wall is ten seconds on after each."""

    def __init__(self) -> None:
        self.rests: list[float] = []
        self._ahead = timedelta()

    def wall(self) -> datetime:
        return super().wall() + self._ahead

    async def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        self._ahead += timedelta(seconds=10)
        await asyncio.sleep(0.001)


async def test_a_relay_whose_process_is_alone_looks_seldom_until_another_one_writes(in_process: InProcess) -> None:
    clock = Hastening()
    relay = Relay(database=in_process.database, bootstrap=in_process.bootstrap, service="test", clock=clock)

    async def looked(last: float) -> None:
        assert clock.rests[-1:] == [last]

    async with working(relay.run):
        await eventually(lambda: looked(0.5))
        before = len(clock.rests)
        # As another process does it: nobody here is told.
        async with in_process.database.acquire() as connection:
            await connection.execute(
                "INSERT INTO outbox (topic, headers) VALUES ($1, $2)", f"{in_process.prefix}out", NONE
            )
        await eventually(lambda: carried_away(in_process))

        async def often() -> None:
            assert 0.1 in clock.rests[before:]

        await eventually(often)
        await eventually(lambda: looked(0.5))
