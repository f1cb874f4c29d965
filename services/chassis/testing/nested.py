"""Finds who takes a second connection of a pool while holding one: as many of them as it has connections wait for ever."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from asyncpg.pool import Pool, PoolAcquireContext


def nested_acquires(patch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the name of each task that takes a second connection of a pool, from now on."""
    found: list[str] = []
    held: Counter[tuple[Any, Pool[Any]]] = Counter()
    owners: dict[PoolAcquireContext[Any], tuple[Any, Pool[Any]]] = {}
    enter, leave = PoolAcquireContext.__aenter__, PoolAcquireContext.__aexit__

    async def entering(context: PoolAcquireContext[Any]) -> Any:
        owner = (asyncio.current_task(), context.pool)
        if held[owner]:
            found.append(str(getattr(owner[0], "get_name", str)()))
        connection = await enter(context)
        owners[context] = owner
        held[owner] += 1
        return connection

    async def leaving(context: PoolAcquireContext[Any], *error: Any) -> None:
        if (owner := owners.pop(context, None)) is not None:
            held[owner] -= 1
        await leave(context, *error)

    patch.setattr(PoolAcquireContext, "__aenter__", entering)
    patch.setattr(PoolAcquireContext, "__aexit__", leaving)
    return found
