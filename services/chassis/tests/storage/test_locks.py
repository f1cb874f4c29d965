"""How long a transaction waits for what others hold."""

from __future__ import annotations

import asyncpg
import pytest
from asyncpg import LockNotAvailableError

from services.chassis.storage.beginning import BY_KEY, waiting_at_most
from services.chassis.storage.database import connect
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


async def test_a_transaction_has_the_settings_that_it_was_begun_with_and_the_next_has_none_of_them(
    postgres_dsn: str,
) -> None:
    database = await connect(postgres_dsn, application_name="test", max_size=1, keeps_trail=False)
    shown = "SELECT current_setting('lock_timeout'), current_setting('plan_cache_mode')"
    async with database.transaction(settings=BY_KEY | waiting_at_most(0.2)) as connection:
        assert tuple(await connection.fetchrow(shown) or ()) == ("200ms", "force_generic_plan")
    async with database.transaction() as connection:
        assert tuple(await connection.fetchrow(shown) or ()) == ("0", "auto")
    await database.close()


async def test_what_is_found_by_key_is_planned_once_however_many_it_is(postgres_dsn: str) -> None:
    database = await connect(postgres_dsn, application_name="test", max_size=1, keeps_trail=False)
    for number in (1, 2, 3):
        async with database.transaction(settings=BY_KEY) as connection:
            await connection.fetch("SELECT FROM pg_class WHERE oid = ANY($1::oid[])", [1] * number)
    # A session forgets a statement after a minute, however few of its executions that was.
    plans = "SELECT generic_plans > 0, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%pg_class%'"
    async with database.acquire() as connection:
        assert tuple(await connection.fetchrow(plans) or ()) == (True, 0)
    await database.close()
