"""Connections that PostgreSQL itself keeps within somebody's scope (`0013_walls.sql`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

import asyncpg

_BE: Final = """
SELECT set_config('duban.scope', $1, false), set_config('duban.unit', $2, false), set_config('duban.account', $3, false)"""
_READ_ONLY: Final = {"default_transaction_read_only": "on"}


class Within(Protocol):
    """Who may see what, as the second wall is told it: `access.scope.Scope`."""

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


async def be(connection: Any, scope: Within, unit: str | None, account: str | None) -> None:
    """Let a connection of a pool be whoever reads over it; a round trip where it was somebody of another scope before."""
    whose = (scope.said, unit or "", account or "")
    await connection.be(whose, _BE, *whose)
