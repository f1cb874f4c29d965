"""Requests that wait for what they ask about (RFC 7240 `Prefer: wait=N`), with no database connection for any of them.

    with waiters.place(caller.account, wish) as place:
        place.watch(key)                                   # from here on nothing is missed
        row = await read(key)
        if wish.seconds and is_as_known(row) and await place.until(is_newer(row)):
            row = await read(key)

Those who wait stand in memory under a key. A commit of this process tells them its news at once (`tell`); one look for
all keys together, every quarter of a second and only while somebody waits, finds what other processes committed. It
asks for a state and not for a change, so nothing can be missed.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import Context
from typing import Any, Final, Generic, TypeVar

import structlog

from services.chassis.process.clock import Clock
from services.chassis.storage.database import is_retryable
from services.chassis.telemetry import metrics
from services.chassis.web.lanes import resting
from services.chassis.web.observed import WAITED
from services.chassis.web.problems import Problem
from services.chassis.web.waiting import Wish

_log = structlog.get_logger(__name__)

K = TypeVar("K")
V = TypeVar("V")
RETRY_AFTER_SECONDS: Final = 5
_LOOK_SECONDS: Final = 0.25
# Of one account, so that nobody takes the places of others; and of all together: each holds a socket and some 20 KB.
_MOST_OF_ONE: Final = 64
_MOST_TOGETHER: Final = 2000


class Waiters(Generic[K, V]):
    """Those who wait, each under a key; `look` returns the present news of these keys, of those that have any."""

    def __init__(
        self,
        look: Callable[[Collection[K]], Awaitable[Mapping[K, V]]],
        *,
        clock: Clock,
        most: int = _MOST_OF_ONE,
        together: int = _MOST_TOGETHER,
        every: float = _LOOK_SECONDS,
    ) -> None:
        self._look = look
        self.clock = clock
        self._most = most
        self._together = together
        self._every = every
        self._waiting: Counter[str] = Counter()
        self._watching: dict[K, set[Place[K, V]]] = {}
        self._looking: asyncio.Task[None] | None = None
        self.is_closed = False

    @contextmanager
    def place(self, account: str, wish: Wish | None = None, *, held: bool = False) -> Iterator[Place[K, V]]:
        """Give a place from which to wait. It counts while somebody waits there, or as long as it is `held`.

        Raises Problem 429 where a place is to be held and none is left.
        """
        place = Place(self, account, wish, held=held)
        if held:
            self.check(account)
            self.count(account, 1)
        try:
            with resting() if held else nullcontext():
                yield place
        finally:
            place.leave()
            if held:
                self.count(account, -1)

    def check(self, account: str) -> None:
        """Raise Problem 429 `too-many-waiting` when no place is left, for this account or for anybody."""
        alone = self._waiting[account] >= self._most
        if alone or self.waiting >= self._together:
            limit = self._most if alone else self._together
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            raise Problem("too-many-waiting", limit=limit, headers=headers)

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return self._waiting.total()

    def tell(self, key: K, news: V) -> None:
        """Tell those who watch `key`."""
        for place in tuple(self._watching.get(key, ())):
            place.hear(key, news)

    def close(self) -> None:
        """Let everybody go, now and from now on."""
        self.is_closed = True
        for place in self._places():
            place.end()

    def count(self, account: str, more: int) -> None:
        """Count one more who waits, or one less."""
        metrics.HTTP_WAITING.inc(more)
        self._waiting[account] += more
        if not self._waiting[account]:
            del self._waiting[account]

    def add(self, key: K, place: Place[K, V]) -> None:
        """Let `place` hear what is told of `key`."""
        self._watching.setdefault(key, set()).add(place)

    def discard(self, key: K, place: Place[K, V]) -> None:
        """Let `place` hear no more."""
        if places := self._watching.get(key):
            places.discard(place)
            if not places:
                del self._watching[key]

    def look_for_news(self) -> None:
        """Look from time to time, as long as somebody watches anything."""
        if self._looking is None:
            # In a context of its own: it looks for everybody, and its trace is none of theirs.
            self._looking = asyncio.get_running_loop().create_task(self._keep_looking(), context=Context())

    def _places(self) -> list[Place[K, V]]:
        return [place for places in self._watching.values() for place in places]

    async def _keep_looking(self) -> None:
        try:
            while self._watching:
                await self.clock.sleep(self._every)
                try:
                    found = await self._look(list(self._watching)) if self._watching else {}
                except Exception as error:
                    if not is_retryable(error):
                        raise
                    _log.warning("those who wait are not looked for", error=repr(error))
                else:
                    for key, news in found.items():
                        self.tell(key, news)
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            for place in self._places():
                place.fail(error)
        finally:
            self._looking = None


class Place(Generic[K, V]):
    """Where one request waits; get it from `Waiters.place`."""

    def __init__(self, waiters: Waiters[K, V], account: str, wish: Wish | None, *, held: bool) -> None:
        self._waiters = waiters
        self._account = account
        self._wish = wish
        self._held = held
        self._keys: list[K] = []
        # Of each key the newest: whoever doesn't wait now may not come back for long.
        self._heard: dict[K, V] = {}
        self._ripe: Callable[[V], bool] = bool
        self._answer: asyncio.Future[V | None] | None = None
        self._ends: list[asyncio.Task[None]] = []
        self._is_over = False

    def watch(self, key: K) -> None:
        """Hear what is told of `key` from now on; whoever waits for nothing (no seconds wished) hears nothing."""
        if self._wish is None or self._wish.seconds:
            self._keys.append(key)
            self._waiters.add(key, self)

    async def until(self, ripe: Callable[[V], bool], seconds: float | None = None) -> V | None:
        """Wait for news of what is watched that are `ripe`, also among those of before; return them.

        None when there were none within `seconds` (else within what was wished, counted from the first wait on), when
        the caller hung up, and when the service stops. Raises Problem 429 when no place is left, and what the look
        raises.
        """
        heard, self._heard = self._heard, {}
        for news in heard.values():
            if ripe(news):
                return news
        if self._is_over or self._waiters.is_closed or not self._keys:
            return None
        if not self._held:
            self._waiters.check(self._account)
        return await self._wait(ripe, seconds)

    async def _wait(self, ripe: Callable[[V], bool], seconds: float | None) -> V | None:
        self._ripe, self._answer = ripe, asyncio.get_running_loop().create_future()
        self._waiters.look_for_news()
        rest = None if seconds is None else self._ending(self._waiters.clock.sleep(seconds), self.end)
        if self._wish is not None and not self._ends:
            sleeping, gone = self._waiters.clock.sleep(self._wish.seconds), self._wish.until_gone()
            self._ends = [self._ending(sleeping, self._finish), self._ending(gone, self._finish)]
        began = time.perf_counter()
        self._waiters.count(self._account, 0 if self._held else 1)
        try:
            with resting():
                return await self._answer
        finally:
            self._answer = None
            self._waiters.count(self._account, 0 if self._held else -1)
            if rest is not None:
                rest.cancel()
            if self._wish is not None:
                scope = self._wish.request.scope
                scope[WAITED] = scope.get(WAITED, 0.0) + time.perf_counter() - began

    def hear(self, key: K, news: V) -> None:
        """Take news of `key`: for whoever waits here, or for when it will."""
        if self._answer is None or self._answer.done():
            self._heard[key] = news
        elif self._ripe(news):
            self._answer.set_result(news)

    def end(self) -> None:
        """Let whoever waits here go without news."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    def fail(self, error: Exception) -> None:
        """Let whoever waits here go with an error."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def leave(self) -> None:
        """Hear nothing more."""
        for key in self._keys:
            self._waiters.discard(key, self)
        for task in self._ends:
            task.cancel()

    def _finish(self) -> None:
        """End this wait and any later one of the same request: its time is up, or nobody is there to be answered."""
        self._is_over = True
        self.end()

    def _ending(self, work: Coroutine[Any, Any, None], end: Callable[[], None]) -> asyncio.Task[None]:
        """Do what ends a wait when it is done."""
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda done: None if done.cancelled() else end())
        return task
