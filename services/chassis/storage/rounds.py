"""Rounds (group commit): what arrives while a round is under way is taken together into the next one.

Nothing waits when nothing is under way: a lone request is a round of its own. Under load a round grows to what arrived
during the one before, so that a transaction, its locks and its commit are paid once for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Final, Generic, TypeVar

import asyncpg

from services.chassis.storage import leaving
from services.chassis.storage.database import may_have_committed
from services.chassis.telemetry import acts

Asked = TypeVar("Asked")
Said = TypeVar("Said")

# So many together cost hardly more than half as many, and nobody waits long for a round of strangers.
MOST: Final = 64
# Rounds' worth that may wait; at some 10 rounds a second that is the second after which callers give up.
_ROUNDS_AHEAD: Final = 16
# Connections that those may hold who wait by themselves for what somebody else holds.
_MOST_ALONE: Final = 4


class RoundsFull(Exception):
    """So much waits already that a caller is better served by trying again in a moment."""


class Rounds(Generic[Asked, Said]):
    """Gathers what callers ask into rounds; `take` carries out one round and answers in order, an exception by value.

    `apart` names what a request is about: of two with one name the later waits for a later round, so that it meets what
    the earlier one left. A round that fails as a whole is rolled back, and each of it is carried out by itself beside
    the rounds that follow, so that nobody answers or waits for a neighbour. Where its commit may have happened it is
    not, and everybody is told what happened to it. `weight` says how much of `most` a request takes: a round holds no
    more together, but for a single request that weighs more alone. `alone` carries out one by itself, `take` where it is
    not given; where it is, a round of one that meets a lock of others goes on in that way beside the rounds, too.
    """

    def __init__(
        self,
        take: Callable[[Sequence[Asked]], Awaitable[Sequence[Said | Exception]]],
        *,
        alone: Callable[[Asked], Awaitable[Said | Exception]] | None = None,
        apart: Callable[[Asked], Hashable] | None = None,
        most: int = MOST,
        weight: Callable[[Asked], int] = lambda _: 1,
    ) -> None:
        self._take = take
        self._take_alone = alone
        self._apart = apart
        self._most = most
        self._weight = weight
        self._waiting: list[_Request[Asked, Said]] = []
        self._running: asyncio.Task[None] | None = None
        self._weight_waiting = 0
        self._alone: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(_MOST_ALONE)

    async def ask(self, asked: Asked) -> Said:
        """Return what the round that `asked` goes into says of it, or raise that.

        A caller that gives up before its round begins is left out; after that it is carried out all the same. Raises
        ClientLeft for one whose client hangs up before that, and RoundsFull where too much waits already; nothing of it
        was done either way. What was carried out counts as begun (`leaving`): its request is not dropped any more.
        """
        weight = self._weight(asked)
        if self._weight_waiting and self._weight_waiting + weight > _ROUNDS_AHEAD * max(self._most, MOST):
            raise RoundsFull
        client = leaving.present()
        if client is not None and client.has_left:
            raise leaving.ClientLeft
        # Not `_Request[Asked, Said](…)`: to make one by its subscripted name costs more than the rest of this.
        request: _Request[Asked, Said] = _Request(asked)
        self._waiting.append(request)
        self._weight_waiting += weight
        if self._running is None:
            # In a context of its own: a round belongs to no request, and its trace is none of theirs.
            self._running = asyncio.get_running_loop().create_task(self._run(), context=Context())
        if client is None:
            said = await request.answer
        else:
            with client.heard(request.drop):
                said = await request.answer
        leaving.begun()
        return said

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._round(self._next())
        except BaseException as error:
            for request in self._waiting:
                request.fail(error)
            self._waiting.clear()
            self._weight_waiting = 0
            raise
        finally:
            self._running = None

    def _next(self) -> list[_Request[Asked, Said]]:
        some, later, names = list[_Request[Asked, Said]](), list[_Request[Asked, Said]](), set[Hashable]()
        left = self._most
        for request in self._waiting:
            if request.answer.done():
                continue
            name = self._apart(request.asked) if self._apart else request
            if name not in names and (not some or self._weight(request.asked) <= left):
                some.append(request)
                left -= self._weight(request.asked)
            else:
                later.append(request)
            names.add(name)
        for request in some:
            request.has_begun = True
        self._waiting = later
        self._weight_waiting = sum(self._weight(request.asked) for request in later)
        return some

    async def _round(self, some: Sequence[_Request[Asked, Said]]) -> None:
        if not some:
            return
        try:
            with acts.doing(tuple(act for request in some for act in request.acts)):
                said = await self._take([request.asked for request in some])
            for request, one in zip(some, said, strict=True):
                request.tell(one)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the callers
            held = self._take_alone is not None and isinstance(error, asyncpg.LockNotAvailableError)
            if may_have_committed(error) or (len(some) == 1 and not held):
                for request in some:
                    request.fail(error)
                return
            for request in some:
                request.has_begun = False
                alone = asyncio.get_running_loop().create_task(self._by_itself(request))
                self._alone.add(alone)
                alone.add_done_callback(self._alone.discard)
        except BaseException as error:
            for request in some:
                request.fail(error)
            raise

    async def _by_itself(self, request: _Request[Asked, Said]) -> None:
        try:
            async with self._turns:
                if request.answer.done():
                    return
                request.has_begun = True
                with acts.doing(request.acts):
                    if self._take_alone is not None:
                        request.tell(await self._take_alone(request.asked))
                    else:
                        (one,) = await self._take([request.asked])
                        request.tell(one)
        except BaseException as error:
            request.fail(error)
            if not isinstance(error, Exception):
                raise


class _Request(Generic[Asked, Said]):
    """What one caller asks, on whose behalf, and where it waits for the answer."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.acts = acts.into_a_round()
        self.answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self.has_begun = False

    def drop(self) -> None:
        """Take it out of the queue: its client has left. What has begun is carried out, and its answer waited for."""
        if not self.has_begun:
            self.fail(leaving.ClientLeft())

    def tell(self, said: Said | Exception) -> None:
        if isinstance(said, Exception):
            self.fail(said)
        elif not self.answer.done():
            self.answer.set_result(said)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)
