"""Telling those who wait for it what a transaction has committed: in this process, and at once.

    tell(connection, hazard)                            # inside the transaction
    database.after_commit(Hazard, waiters.wake)         # where the service is wired

It is a hint and no promise. What another process commits is told to nobody here, and of a commit whose answer got lost
nobody is told at all; so whoever listens also looks by itself from time to time.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast

import asyncpg
import structlog

_log = structlog.get_logger(__name__)

T = TypeVar("T")
# As asyncpg writes them at the ends of a transaction.
_BEGIN: Final = "BEGIN;"
_COMMIT: Final = "COMMIT;"
# asyncpg takes no word for no end.
_A_YEAR_SECONDS: Final = 366 * 86400.0
_BEAT_SECONDS: Final = 1.0


class Session(asyncpg.Connection):
    """A connection that keeps what its transaction begins with and what is to be told of it, and for whom a reader's was last used.

    Its COMMIT waits for as long as PostgreSQL does, and is never cancelled.
    """

    __slots__ = ("begins_with", "told", "waits", "whose")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.begins_with = ""
        self.told: list[object] = []
        self.waits: Callable[[], None] | None = None
        self.whose: object = None

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - as asyncpg has it
        """Execute as asyncpg does.

        A COMMIT that waits for its synchronous standby can't be taken back: PostgreSQL answers a request to cancel it, of a timeout
        as of whoever gives up, with making it visible without the standby. So none is sent. Who can't wait leaves: the connection is
        closed, and the server goes on waiting by itself. Who set `waits` hears once a second that a COMMIT still does.
        """
        if query == _BEGIN:
            query, self.begins_with = f"{_BEGIN}{self.begins_with}", ""
        if query != _COMMIT:
            return str(await super().execute(query, *args, timeout=timeout))
        committing = asyncio.ensure_future(super().execute(query, timeout=_A_YEAR_SECONDS))
        try:
            # This cancels nothing that it waits for.
            while not (await asyncio.wait({committing}, timeout=_BEAT_SECONDS))[0]:
                if self.waits is not None:
                    self.waits()
            return str(committing.result())
        except asyncio.CancelledError:
            committing.add_done_callback(_left)
            self.terminate()
            raise

    def begin_with(self, settings: Mapping[str, str]) -> None:
        """Let the next transaction have `settings`, constants of our code, said in one message with its BEGIN."""
        self.begins_with = "".join(f" SET LOCAL {name} = '{value}';" for name, value in settings.items())

    def let_hear(self, waits: Callable[[], None] | None) -> None:
        """Call `waits` while a COMMIT waits, until somebody else is named."""
        self.waits = waits

    async def be(self, whose: object, settings: str, *values: str) -> None:
        """Run `settings` unless the session's settings are those of `whose` already."""
        if self.whose != whose:
            # Should this be cut off, nobody knows what the session is.
            self.whose = None
            await self.execute(settings, *values)
            self.whose = whose

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as asyncpg has it
        """Make the session as new, its settings, too."""
        self.whose = None
        await super().reset(timeout=timeout)


def _left(committing: asyncio.Future[str]) -> None:
    """Take note of how a COMMIT ended of which nobody wants to know any more."""
    if not committing.cancelled():
        committing.exception()


def tell(connection: object, news: object) -> None:
    """Have `news` told to those who listen for its type, once the transaction that `connection` is in is committed."""
    told = told_of(connection)
    if told is not None:
        told.append(news)


def told_of(connection: object) -> list[object] | None:
    """Return what is to be told of a connection's transaction; None for a connection that is nobody's pool's."""
    told: list[object] | None = getattr(connection, "told", None)
    return told


def begin_with(connection: object, settings: Mapping[str, str]) -> None:
    """Let the next transaction of a pool's connection have `settings`, constants of our code; it costs no round trip."""
    cast("Session", connection).begin_with(settings)


def let_hear(connection: object, waits: Callable[[], None] | None) -> None:
    """Call `waits` about once a second while the COMMIT of this transaction waits; a connection that is nobody's pool's can't."""
    session: Callable[[Callable[[], None] | None], None] | None = getattr(connection, "let_hear", None)
    if session is not None:
        session(waits)


class WaitingCommits:
    """Whether COMMITs of a pool wait, for whoever waits behind them for a connection."""

    def __init__(self) -> None:
        self._waited_at = -math.inf

    def wait(self, waits: Callable[[], None] | None) -> None:
        """Note that a COMMIT still waits; `waits` is of whoever began its transaction."""
        self._waited_at = time.monotonic()
        if waits is not None:
            waits()

    @contextmanager
    def hearing(self, waits: Callable[[], None] | None) -> Iterator[None]:
        """Call `waits` about once a second inside the block, while COMMITs wait."""
        if waits is None:
            yield
            return
        beating = asyncio.ensure_future(self._beat(waits))
        try:
            yield
        finally:
            beating.cancel()

    async def _beat(self, waits: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            # Each COMMIT says so once in a beat.
            if time.monotonic() < self._waited_at + 2 * _BEAT_SECONDS:
                waits()


class Listeners:
    """Who listens for what. A listener is called with everything of its type that one transaction told."""

    def __init__(self) -> None:
        self._by_type: dict[type, list[Callable[[Sequence[Any]], None]]] = {}

    def add(self, kind: type[T], listener: Callable[[Sequence[T]], None]) -> None:
        """Let `listener` hear what is told of exactly this type. It must not wait."""
        self._by_type.setdefault(kind, []).append(listener)

    def hear(self, told: Sequence[object]) -> None:
        """Tell everybody; a listener that fails is logged, for what it was told of is committed all the same."""
        for kind in {type(news) for news in told} & self._by_type.keys():
            some = [news for news in told if type(news) is kind]
            for listener in self._by_type[kind]:
                try:
                    listener(some)
                except Exception:  # noqa: BLE001 - whatever it is, nobody who committed may be told that it failed
                    _log.exception("who listens to commits failed", kind=kind.__name__)
