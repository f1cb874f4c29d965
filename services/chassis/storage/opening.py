"""Opening pools of connections to PostgreSQL: all that are wanted, or none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from contextvars import Context
from typing import Any, Final, Self

import asyncpg

from services.chassis.storage.after_commit import Session

_CONNECT_SECONDS: Final = 10
NOTICED: Final = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""What every session asks of the server's end: a host that has gone without a word is noticed within a minute, and its locks are free.

Else the server's system decides, mostly after two hours. On a socket of the same host they mean nothing.
"""
BY_ITSELF: Final = NOTICED | {"idle_session_timeout": "60000", "idle_in_transaction_session_timeout": "60000"}
"""What a session outside a pool asks for that migrates or gives rights: frozen, it holds its locks no longer than a minute either."""
_SERVER_SETTINGS: Final = {
    **NOTICED,
    "timezone": "UTC",
    # A session that forgets its transaction would make every poll slow and hold every lock.
    "idle_in_transaction_session_timeout": "60000",
    "statement_timeout": "60000",
    # What services ask by key must stay a look-up by key. With the 4 of spinning disks PostgreSQL reads a table of some hundred
    # rows from end to end, keeps that plan for the statement, and goes on so while the table grows: until autovacuum came by,
    # after a minute or two, taking in a batch of claims read 67,000 hazards (55 ms, by index 0.3).
    "random_page_cost": "1.1",
}
# Whatever plan a statement has, it is made anew once a minute.
_STATEMENT_SECONDS: Final = 60
# Every command but COMMIT (after_commit.Session) is given up after this.
_COMMAND_SECONDS: Final = 60
# A COMMIT has no end of its own, so a host that has gone without a word is noticed by the connection. One that had taken the COMMIT
# is asked after 30 s of silence, and given up after three questions of 10 s each. While something sent is unacknowledged Linux asks
# nothing: it sends that again, for about 15 minutes (tcp_retries2) unless TCP_USER_TIMEOUT, in milliseconds, ends it.
_NOTICING: Final = (
    (socket.TCP_KEEPIDLE, 30),
    (socket.TCP_KEEPINTVL, 10),
    (socket.TCP_KEEPCNT, 3),
    (socket.TCP_USER_TIMEOUT, 60_000),
)


class Opening:
    """Opens pools whose sessions have `settings`; those opened in its `async with` are cut where the block fails."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = {**_SERVER_SETTINGS, **settings}
        self._opened: list[asyncpg.Pool[asyncpg.Record]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        opened, self._opened = self._opened, []
        if kind is not None:
            for pool in opened:
                pool.terminate()

    async def open(self, dsn: str, least: int, most: int, **more: str) -> asyncpg.Pool[asyncpg.Record]:
        """Return a pool of `least` to `most` connections by `dsn`, with `more` settings of their sessions."""
        pool: asyncpg.Pool[Any] = asyncpg.create_pool(
            dsn,
            connection_class=Session,
            init=_opened,
            reset=_reset,
            min_size=least,
            max_size=most,
            timeout=_CONNECT_SECONDS,
            command_timeout=_COMMAND_SECONDS,
            max_cached_statement_lifetime=_STATEMENT_SECONDS,
            server_settings=self._settings | more,
        )
        self._opened.append(pool)
        return await pool


class _Timers:
    """The loop as a connection's statements know it: what ends one keeps nothing of the request that prepared it.

    A timer holds the context in which it was begun. So each of a ledger's 900 statements held a request for a minute, long after its
    answer: the headers with the caller's key, the connection, the act. That was 3 MB under load.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._context = Context()

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> asyncio.TimerHandle:
        """Call back after `delay` seconds, in nobody's context."""
        return self._loop.call_later(delay, callback, *arguments, context=self._context)


async def _opened(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    connection._stmt_cache._loop = _Timers(asyncio.get_running_loop())  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to it
    _stay_awake(connection)


def _stay_awake(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    opened: socket.socket = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to it
    if opened.family != socket.AF_UNIX:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _NOTICING:
            opened.setsockopt(socket.IPPROTO_TCP, option, value)


async def _reset(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Make a connection fit for the next user.

    Nothing here leaves settings, cursors or listeners behind, so the usual reset would be one round trip a request for
    nothing; only a transaction that was cut off in the middle has to be undone.
    """
    if connection.is_in_transaction():
        await connection.reset()
