"""Beside the rounds: what broke a round, or would wait for what others hold, is carried out by itself.

Whatever is asked about the same thing meanwhile waits behind it, so that of two requests the earlier is decided first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

import asyncpg

from services.chassis.storage import leaving
from services.chassis.telemetry import acts

Asked = TypeVar("Asked")
Said = TypeVar("Said")

# Connections that those may hold who wait for what somebody else holds; and as many the parts of broken rounds.
_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class AtLocks(Generic[Asked, Said]):
    """What becomes of a request that meets a lock of others.

    `alone` carries out one by itself and raises asyncpg.LockNotAvailableError where it has waited a moment in vain;
    `again` has it tried until it meets none, or for as long as it likes. `held` returns which of a round's requests meet
    a lock now: only these leave it then. Where nobody knows that, each of the round is tried by itself.
    """

    alone: Callable[[Asked], Awaitable[Said | Exception]]
    again: Callable[[Callable[[], Awaitable[Said | Exception]]], Awaitable[Said | Exception]]
    held: Callable[[Sequence[Asked]], Awaitable[Collection[Asked]]] | None = None


class Request(Generic[Asked, Said]):
    """What one caller asks, on whose behalf, and where it waits for the answer."""

    def __init__(self, asked: Asked, weight: int) -> None:
        self.asked = asked
        self.weight = weight
        self.acts = acts.into_a_round()
        self.answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self.has_begun = False
        # Whether it was put back into the queue, since a round that met a lock was rolled back.
        self.is_back = False

    def drop(self) -> None:
        """Take it out of the queue: its client has left. What has begun is carried out, and its answer waited for."""
        if not self.has_begun:
            self.fail(leaving.ClientLeft())

    def tell(self, said: Said | Exception) -> None:
        """Answer it, unless it is answered."""
        if isinstance(said, Exception):
            self.fail(said)
        elif not self.answer.done():
            self.answer.set_result(said)

    def fail(self, error: BaseException) -> None:
        """Let it raise `error`, unless it is answered."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Beside(Generic[Asked, Said]):
    """Carries out requests one by one; `take` does so as a round of one, `then` hears who came for the same thing."""

    def __init__(
        self,
        take: Callable[[Sequence[Asked]], Awaitable[Sequence[Said | Exception]]],
        at_locks: AtLocks[Asked, Said] | None,
        then: Callable[[Request[Asked, Said], Sequence[Request[Asked, Said]]], None],
    ) -> None:
        self._take = take
        self._at_locks = at_locks
        self._then = then
        self._behind: dict[Hashable, list[Request[Asked, Said]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(_MOST)
        self._turns_at_locks = asyncio.Semaphore(_MOST)

    def behind(self, name: Hashable) -> list[Request[Asked, Said]] | None:
        """Return who waits behind what is carried out here under `name`; None where nothing is."""
        return self._behind.get(name)

    def begin(self, name: Hashable, request: Request[Asked, Said], *, at_lock: bool) -> None:
        """Carry out `request` by itself; `at_lock` says that it met a lock already."""
        self._behind[name] = []
        task = asyncio.get_running_loop().create_task(self._carry_out(name, request, at_lock=at_lock))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, name: Hashable, request: Request[Asked, Said], *, at_lock: bool) -> None:
        try:
            request.tell(await self._said(request, at_lock=at_lock))
        except BaseException as error:
            request.fail(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._then(request, self._behind.pop(name))

    async def _said(self, request: Request[Asked, Said], *, at_lock: bool) -> Said | Exception:
        if not at_lock:
            try:
                return await self._try(request, self._turns, self._take_one)
            except asyncpg.LockNotAvailableError:
                if self._at_locks is None:
                    raise
        assert self._at_locks is not None  # noqa: S101 - nobody else says that a request met a lock
        return await self._at_locks.again(partial(self._try, request, self._turns_at_locks, self._at_locks.alone))

    async def _try(
        self,
        request: Request[Asked, Said],
        turns: asyncio.Semaphore,
        take: Callable[[Asked], Awaitable[Said | Exception]],
    ) -> Said | Exception:
        """Carry out once; until its turn comes, and between two tries, a request may be dropped."""
        async with turns:
            if request.answer.done():
                return leaving.ClientLeft()
            request.has_begun = True
            try:
                with acts.doing(request.acts):
                    return await take(request.asked)
            except asyncpg.LockNotAvailableError:
                request.has_begun = False
                raise

    async def _take_one(self, asked: Asked) -> Said | Exception:
        (one,) = await self._take([asked])
        return one
