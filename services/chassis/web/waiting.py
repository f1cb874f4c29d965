"""Requests that wait for an answer (RFC 7240 `Prefer: wait=N`), without a database connection for each of them.

Those who wait stand in memory; one query looks for all of them every tenth of a second, and only while somebody waits.
It asks for a state and not for a change, so nothing can be missed, and another instance's commit is seen like our own.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Annotated, Final, Generic, TypeVar

import structlog
from fastapi import Depends, Header

from services.chassis.process.clock import Clock
from services.chassis.storage.database import is_retryable
from services.chassis.web.problems import Problem, may_answer

_log = structlog.get_logger(__name__)

K = TypeVar("K")
LONGEST_WAIT: Final = 30
"""Seconds; proxies between here and a county cut what is silent for longer."""
RETRY_AFTER_SECONDS: Final = 5
_WAIT: Final = re.compile(r'\s*wait\s*=\s*(?:([0-9]{1,9})|"([0-9]{1,9})")\s*(?:;.*)?', re.IGNORECASE)
_DESCRIPTION: Final = f"RFC 7240：`wait=N` 表示愿等 N 秒（至多 {LONGEST_WAIT} 秒）；不认识的内容不予理会"


def preferred_wait(header: str | None) -> int:
    """Return how many seconds a `Prefer` header asks to wait, at most LONGEST_WAIT; 0 when it doesn't.

    What is malformed or unknown is ignored, and of several the first counts (RFC 7240 §2).
    """
    for preference in (header or "").split(","):
        if match := _WAIT.fullmatch(preference):
            return min(int(match[1] or match[2]), LONGEST_WAIT)
    return 0


def applied(wait: int) -> dict[str, str]:
    """Return the headers that tell the caller whether its wish to wait was heard, and for how long."""
    return {"Vary": "Prefer"} | ({"Preference-Applied": f"wait={wait}"} if wait else {})


@may_answer("too-many-waiting")
async def _preferred(prefer: Annotated[str | None, Header(description=_DESCRIPTION)] = None) -> int:
    return preferred_wait(prefer)


Wait = Annotated[int, Depends(_preferred)]
"""A route's parameter: for how many seconds the caller will wait."""


class Waiters(Generic[K]):
    """Those who wait for something, each under a key. `ready` returns which of these keys need wait no longer.

    Each account may wait at most `most` times at once, so that nobody takes the places of others.
    """

    def __init__(
        self,
        ready: Callable[[Collection[K]], Awaitable[Collection[K]]],
        *,
        clock: Clock,
        most: int = 32,
        every: float = 0.1,
    ) -> None:
        self._ready = ready
        self._clock = clock
        self._most = most
        self._every = every
        self._places: Counter[str] = Counter()
        self._waiting: dict[K, set[asyncio.Future[bool]]] = {}
        self._looking: asyncio.Task[None] | None = None
        self.is_closed = False

    def check(self, account: str) -> None:
        """Raise Problem 429 `too-many-waiting` when `account` has no place left."""
        if self._places[account] >= self._most:
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            raise Problem("too-many-waiting", limit=self._most, headers=headers)

    @contextmanager
    def place(self, account: str) -> Iterator[None]:
        """Hold one place of `account`; see `check`."""
        self._places[account] += 1
        try:
            yield
        finally:
            self._places[account] -= 1
            if not self._places[account]:
                del self._places[account]

    async def until_ready(self, key: K, seconds: float) -> bool:
        """Wait until `key` is ready, for at most `seconds`; return whether it is. Raises what `ready` raises."""
        if self.is_closed:
            return False
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, set()).add(waiter)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="waiters")
        try:
            await asyncio.wait({waiter}, timeout=seconds)
            return waiter.done() and waiter.result()
        finally:
            waiter.cancel()
            if waiters := self._waiting.get(key):
                waiters.discard(waiter)
                if not waiters:
                    del self._waiting[key]

    def close(self) -> None:
        """Let everybody go, now and from now on."""
        self.is_closed = True
        self._let_go(list(self._waiting), ready=False)

    async def _look(self) -> None:
        try:
            while self._waiting:
                await self._clock.sleep(self._every)
                try:
                    ready = await self._ready(list(self._waiting))
                except Exception as error:
                    if not is_retryable(error):
                        raise
                    _log.warning("those who wait are not looked for", error=repr(error))
                else:
                    self._let_go(ready, ready=True)
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            for waiter in (each for waiters in self._waiting.values() for each in waiters if not each.done()):
                waiter.set_exception(error)
        finally:
            self._looking = None

    def _let_go(self, keys: Collection[K], *, ready: bool) -> None:
        for key in keys:
            for waiter in self._waiting.pop(key, ()):
                if not waiter.done():
                    waiter.set_result(ready)
