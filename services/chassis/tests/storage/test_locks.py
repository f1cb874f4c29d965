"""How long a transaction waits for what others hold."""

from __future__ import annotations

import asyncpg
import pytest
from asyncpg import LockNotAvailableError

from services.chassis.storage.locks import wait_at_most


@pytest.mark.parametrize(("seconds", "shown"), [(0.1, "100ms"), (1.0, "1s"), (0.0, "1ms"), (1e-9, "1ms"), (90, "90s")])
async def test_a_wait_is_the_transactions_own_and_never_without_an_end(
    postgres_dsn: str, seconds: float, shown: str
) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    async with connection.transaction():
        await wait_at_most(connection, seconds)
        assert await connection.fetchval("SHOW lock_timeout") == shown
    assert await connection.fetchval("SHOW lock_timeout") == "0"
    await connection.close()


async def test_a_sessions_wait_stands_behind_each_transactions(postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    await wait_at_most(connection, 5, whole_session=True)
    async with connection.transaction():
        await wait_at_most(connection, 0.5)
        assert await connection.fetchval("SHOW lock_timeout") == "500ms"
    assert await connection.fetchval("SHOW lock_timeout") == "5s"
    await connection.close()


async def test_who_waits_too_long_is_told_and_waits_as_before_afterwards(postgres_dsn: str) -> None:
    holder, waiter = await asyncpg.connect(postgres_dsn), await asyncpg.connect(postgres_dsn)
    held, waits = holder.transaction(), waiter.transaction()
    await held.start()
    await holder.execute("SELECT pg_advisory_xact_lock(4711)")
    await waits.start()
    await wait_at_most(waiter, 0.01)
    with pytest.raises(LockNotAvailableError):
        await waiter.execute("SELECT pg_advisory_xact_lock(4711)")
    await waits.rollback()
    await held.rollback()
    async with waiter.transaction():
        await wait_at_most(waiter, 0.01)
        await wait_at_most(waiter, None)
        assert await waiter.fetchval("SHOW lock_timeout") == "0"
    await holder.close()
    await waiter.close()
