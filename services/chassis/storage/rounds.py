"""Rounds (group commit): what arrives while a round is under way is taken together into the next one.

Nothing waits when nothing is under way: a lone request is a round of its own. Under load a round grows to what arrived
during the one before, so that a transaction, its locks and its commit are paid once for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from contextvars import Context
from typing import Final, Generic, TypeVar

import asyncpg
import structlog

from services.chassis.storage import leaving
from services.chassis.storage.beside import AtLocks, Beside, Request
from services.chassis.storage.database import may_have_committed
from services.chassis.telemetry import acts

_log = structlog.get_logger(__name__)

Asked = TypeVar("Asked")
Said = TypeVar("Said")

# So many together cost hardly more than half as many, and nobody waits long for a round of strangers.
MOST: Final = 64
# Rounds' worth that may wait; at some 10 rounds a second that is the second after which callers give up.
_ROUNDS_AHEAD: Final = 16


class RoundsFull(Exception):
    """So much waits already that a caller is better served by trying again in a moment."""


class Rounds(Generic[Asked, Said]):
    """Gathers what callers ask into rounds; `take` carries out one round and answers in order, an exception by value.

    `apart` names what a request is about: of two with one name the later waits for a later round, so that it meets what
    the earlier one left. A round that fails as a whole is rolled back, and each of it is carried out by itself beside
    the rounds that follow, so that nobody answers or waits for a neighbour. Where its commit may have happened it is
    not, and everybody is told what happened to it. `at_locks` says what becomes of who meets a lock of others; where it
    is not given, that is a failure as any other. What comes for a thing that is carried out beside the rounds waits
    behind that, and costs no round anything. `weight` says how much of `most` a request takes: a round holds no more
    together, but for a single request that weighs more alone.
    """

    def __init__(
        self,
        take: Callable[[Sequence[Asked]], Awaitable[Sequence[Said | Exception]]],
        *,
        at_locks: AtLocks[Asked, Said] | None = None,
        apart: Callable[[Asked], Hashable] | None = None,
        most: int = MOST,
        weight: Callable[[Asked], int] = lambda _: 1,
    ) -> None:
        self._take = take
        self._at_locks = at_locks
        self._apart = apart
        self._most = most
        self._weight = weight
        self._waiting: list[Request[Asked, Said]] = []
        self._running: asyncio.Task[None] | None = None
        self._beside = Beside(take, at_locks, self._is_done_beside)
        # Of all that was asked and is neither in a round nor answered.
        self._weight_waiting = 0

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
        # Not `Request[Asked, Said](…)`: to make one by its subscripted name costs more than the rest of this.
        request: Request[Asked, Said] = Request(asked, weight)
        self._weight_waiting += weight
        self._queue_of(request).append(request)
        self._go_on()
        try:
            if client is None:
                said = await request.answer
            else:
                with client.heard(request.drop):
                    said = await request.answer
        finally:
            self._give_up(request)
        leaving.begun()
        return said

    def _give_up(self, request: Request[Asked, Said]) -> None:
        """Let go of a request that still waits: behind what is held for long, those of busy clients would fill the queue."""
        if not request.has_begun and request in (queue := self._queue_of(request)):
            queue.remove(request)
            self._leave([request])

    def _name(self, request: Request[Asked, Said]) -> Hashable:
        return self._apart(request.asked) if self._apart else request

    def _queue_of(self, request: Request[Asked, Said]) -> list[Request[Asked, Said]]:
        behind = self._beside.behind(self._name(request))
        return self._waiting if behind is None else behind

    def _go_on(self) -> None:
        if self._running is None and self._waiting:
            # In a context of its own: a round belongs to no request, and its trace is none of theirs.
            self._running = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._round(self._next())
        except BaseException as error:
            for request in self._waiting:
                request.fail(error)
            self._leave(self._waiting)
            self._waiting = []
            raise
        finally:
            self._running = None

    def _next(self) -> list[Request[Asked, Said]]:
        some, later, gone = list[Request[Asked, Said]](), list[Request[Asked, Said]](), list[Request[Asked, Said]]()
        names, left = set[Hashable](), self._most
        for request in self._waiting:
            if request.answer.done():
                gone.append(request)
                continue
            name = self._name(request)
            if name not in names and (not some or request.weight <= left):
                some.append(request)
                left -= request.weight
            else:
                later.append(request)
            names.add(name)
        for request in some:
            request.has_begun = True
        self._waiting = later
        self._leave([*some, *gone])
        return some

    def _leave(self, requests: Iterable[Request[Asked, Said]]) -> None:
        self._weight_waiting -= sum(request.weight for request in requests)

    async def _round(self, some: Sequence[Request[Asked, Said]]) -> None:
        try:
            await self._carry_out(some)
        except BaseException as error:
            for request in some:
                request.fail(error)
            raise

    async def _carry_out(self, some: Sequence[Request[Asked, Said]]) -> None:
        if not some:
            return
        try:
            with acts.doing(tuple(act for request in some for act in request.acts)):
                said = await self._take([request.asked for request in some])
            for request, one in zip(some, said, strict=True):
                request.tell(one)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the callers
            met_lock = self._at_locks is not None and isinstance(error, asyncpg.LockNotAvailableError)
            if may_have_committed(error) or (len(some) == 1 and not met_lock):
                for request in some:
                    request.fail(error)
            else:
                await self._go_beside(some, met_lock=met_lock)

    async def _go_beside(self, some: Sequence[Request[Asked, Said]], *, met_lock: bool) -> None:
        """Carry out a round that was rolled back: who would break it again by itself, the others in the next one."""
        held = await self._held(some) if met_lock else None
        # Whoever was put back before is not put back for a lock that nobody finds: it would break round after round.
        alone = some if held is None else held or [request for request in some if request.is_back]
        for request in some:
            request.has_begun = False
            request.is_back = True
            self._weight_waiting += request.weight
        for request in alone:
            self._beside.begin(self._name(request), request, at_lock=bool(held))
        # Those who are left are ahead of all who came after them; who came for what is carried out alone waits for that.
        waiting = [*(request for request in some if request not in alone), *self._waiting]
        self._waiting = []
        for request in waiting:
            self._queue_of(request).append(request)

    async def _held(self, some: Sequence[Request[Asked, Said]]) -> Sequence[Request[Asked, Said]] | None:
        """Return who of a round meets a lock now, nobody where it is free again; None where that is not known."""
        if len(some) == 1:
            return some
        if self._at_locks is None or self._at_locks.held is None:
            return None
        try:
            held = await self._at_locks.held([request.asked for request in some])
        except Exception as error:  # noqa: BLE001 - each of them finds out by itself
            _log.warning("nobody knows who keeps a round waiting", error=repr(error))
            return None
        return [request for request in some if request.asked in held]

    def _is_done_beside(self, request: Request[Asked, Said], behind: Sequence[Request[Asked, Said]]) -> None:
        self._leave([request])
        self._waiting[:0] = behind
        self._go_on()
