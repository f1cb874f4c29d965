"""A board before which requests wait, and a clock that a test turns."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from fastapi import Request
from starlette.types import Message

from services.chassis.process.clock import SystemClock
from services.chassis.web.waiters import Waiters
from services.chassis.web.waiting import Wish


class Turned(SystemClock):
    """A clock whose sleepers wake when it is turned that far, and not before."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        """Sleep until the clock is turned by `seconds`."""
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.passed + seconds, sleeper))
        await sleeper

    async def turn(self, seconds: float) -> None:
        """Turn the clock, a look's rest at a time, and let everybody do what is to be done then."""
        await settle()
        until = self.passed + seconds
        while self.passed < until:
            self.passed = min(self.passed + 0.25, until)
            for at, sleeper in self._sleepers:
                if at <= self.passed and not sleeper.done():
                    sleeper.set_result(None)
            self._sleepers = [each for each in self._sleepers if not each[1].done()]
            await settle()


async def settle() -> None:
    """Let every task go on until it waits for something."""
    for _ in range(20):
        await asyncio.sleep(0)


class Board:
    """What stands under each name, how often it was looked at, and what goes wrong meanwhile."""

    def __init__(self, **bounds: int) -> None:
        self.clock = Turned()
        self.stands: dict[str, int] = {}
        self.looked: list[set[str]] = []
        self.fails: list[Exception] = []
        self.waiters = Waiters(self.look, clock=self.clock, **bounds)

    async def look(self, names: Collection[str]) -> Mapping[str, int]:
        """Return what stands there."""
        self.looked.append(set(names))
        if self.fails:
            raise self.fails.pop()
        return {name: self.stands[name] for name in names if name in self.stands}

    def wait(
        self, name: str, known: int = 0, *, account: str = "somebody", wish: Wish | None = None
    ) -> asyncio.Task[int | None]:
        """Begin to wait until more than `known` stands under a name."""

        async def waiting() -> int | None:
            with self.waiters.place(account, wish or wish_of(10)) as place:
                place.watch(name)
                return await place.until(lambda found: found > known)

        return asyncio.create_task(waiting())


def wish_of(seconds: int, gone: asyncio.Event | None = None) -> Wish:
    """Return the wish of a caller that hangs up when `gone` is set."""
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    return Wish(seconds, Request({"type": "http"}, receive))
