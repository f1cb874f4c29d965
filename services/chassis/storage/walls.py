"""Connections that PostgreSQL itself keeps within somebody's scope (`0013_walls.sql`)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self
from urllib.parse import urlsplit

import asyncpg
import structlog

from services.chassis.storage.readers import readers_dsn, usable
from services.chassis.telemetry import metrics

_log: Final = structlog.get_logger(__name__)

_BE: Final = """
SELECT set_config('duban.scope', $1, false), set_config('duban.unit', $2, false), set_config('duban.account', $3, false)"""
# A process may be there before provisioning is done, and a role's rights may come back.
_ASK_AGAIN_SECONDS: Final = 30.0
_READ_ONLY: Final = {"default_transaction_read_only": "on"}


class Within(Protocol):
    """Who may see what, as the second wall is told it: `access.scope.Scope`, which stands above (ADR 18)."""

    @property
    def said(self) -> str:
        """The value of `duban.scope`."""
        ...


@dataclass(frozen=True, slots=True)
class Pools:
    """Pools of one role; `asking` plans each question with its own values."""

    pool: asyncpg.Pool[asyncpg.Record]
    asking: asyncpg.Pool[asyncpg.Record]

    @classmethod
    async def of_readers(cls, dsn: str, most: int, make: Callable[..., Awaitable[Any]]) -> Self:
        """Return the pools of those who read for people, `most` connections each."""
        return cls(
            await make(dsn, 0, most, **_READ_ONLY),
            await make(dsn, 0, most, plan_cache_mode="force_custom_plan", **_READ_ONLY),
        )


class Readers:
    """Where people's reads come from: pools of a role of their own, from when on provisioning has made that.

    Until then it is asked for again every so many seconds, behind whoever reads. `duban_second_wall` tells which.
    `dsn` is the service's own, and `make` opens the readers' pools.
    """

    def __init__(
        self, dsn: str, make: Callable[[str], Awaitable[Pools]], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._dsn, self._make, self._now = readers_dsn(dsn), make, now
        self._gauge = metrics.SECOND_WALL.labels(urlsplit(dsn).path.removeprefix("/"))
        self._asked_at = now()
        self._asking: asyncio.Task[None] | None = None
        self.pools: Pools | None = None

    async def ask(self) -> None:
        """See whether readers may read, and open their pools if so; raises what the client library says of a server that is away."""
        self._asked_at = self._now()
        self._gauge.set(0)
        if reached := await usable(self._dsn):
            self.pools = await self._make(reached)
            self._gauge.set(1)

    def now_or_later(self) -> Pools | None:
        """Return the pools if they are there; else ask again some time, behind this reader."""
        is_time = self._now() - self._asked_at >= _ASK_AGAIN_SECONDS
        if self.pools is None and self._dsn is not None and self._asking is None and is_time:
            # In a context of its own: it belongs to no request.
            self._asking = asyncio.get_running_loop().create_task(self._ask_again(), context=Context())
        return self.pools

    async def _ask_again(self) -> None:
        try:
            await self.ask()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("nobody knows whether people's reads may have their second wall", error=repr(error))
        else:
            if self.pools is not None:
                _log.info("people's reads have their second wall from now on")
        finally:
            self._asking = None

    async def close(self) -> tuple[asyncpg.Pool[asyncpg.Record], ...]:
        """Ask no more; return the pools, for whoever closes them."""
        if (asking := self._asking) is not None:
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking
        return (self.pools.pool, self.pools.asking) if self.pools else ()


async def be(connection: Any, scope: Within, unit: str | None, account: str | None) -> None:
    """Let a connection of a pool be whoever reads over it; a round trip where it was somebody of another scope before."""
    whose = (scope.said, unit or "", account or "")
    await connection.be(whose, _BE, *whose)
