"""Rounds (group commit): what arrives while a round is under way is taken together into the next one.

Nothing waits when nothing is under way: a lone request is a round of its own. Under load a round grows to what arrived
during the one before, so that a transaction, its locks and its commit are paid once for all of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Final, Generic, TypeVar

from services.chassis.storage.database import is_retryable

Asked = TypeVar("Asked")
Said = TypeVar("Said")

# So many together cost hardly more than half as many, and nobody waits long for a round of strangers.
MOST: Final = 64


class Rounds(Generic[Asked, Said]):
    """Gathers what callers ask into rounds; `take` carries out one round and answers in order, an exception by value.

    A round that fails as a whole is carried out one by one, so that nobody answers for a neighbour. One that fails
    because a server went away is not: its commit may have happened, and everybody is told what happened to it.
    """

    def __init__(
        self, take: Callable[[Sequence[Asked]], Awaitable[Sequence[Said | Exception]]], most: int = MOST
    ) -> None:
        self._take = take
        self._most = most
        self._waiting: deque[tuple[Asked, asyncio.Future[Said]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Said:
        """Return what the round that `asked` goes into says of it, or raise that.

        A caller that gives up before its round begins is left out; after that it is carried out all the same.
        """
        answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._running is None:
            # In a context of its own: a round belongs to no request, and its trace is none of theirs.
            self._running = asyncio.get_running_loop().create_task(self._run(), context=Context())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                some = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                await self._round([each for each in some if not each[1].done()])
        finally:
            self._running = None

    async def _round(self, some: Sequence[tuple[Asked, asyncio.Future[Said]]]) -> None:
        if not some:
            return
        try:
            said = await self._take([asked for asked, _ in some])
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the callers
            if len(some) > 1 and not is_retryable(error):
                for each in some:
                    await self._round([each])
                return
            said = [error] * len(some)
        for (_, answer), one in zip(some, said, strict=True):
            if answer.done():
                continue
            if isinstance(one, Exception):
                answer.set_exception(one)
            else:
                answer.set_result(one)
