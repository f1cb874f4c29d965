"""A COMMIT that waits for the archive is not made visible by whoever loses patience: no timeout, no cancellation."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest

from deploy.local import ephemeral
from services.chassis.storage import opening
from services.chassis.storage.database import Database
from services.chassis.storage.opening import Opening

pytestmark = pytest.mark.servers
_PATIENCE_SECONDS: Final = 60.0
_WAITING: Final = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@contextlib.asynccontextmanager
async def _outside(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def _until(looking: asyncpg.Connection[asyncpg.Record], query: str, wanted: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await looking.fetchval(query) != wanted:
            await looking.execute("SELECT pg_sleep(0.02)")


@pytest.mark.promise("P1")
async def test_neither_a_timeout_nor_who_gives_up_makes_visible_what_the_archive_has_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "_COMMAND_SECONDS", 0.5)

    async def commit(database: Database, number: int) -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO kept VALUES ($1)", number)

    # Nobody of that name receives the log, as when the archive's container stands still.
    with ephemeral.postgres() as server:
        async with _outside(server.dsn) as preparing:
            await preparing.execute("CREATE TABLE kept (number int)")
            await preparing.execute("ALTER SYSTEM SET synchronous_standby_names = 'duban_backup'")
        # A server that is told while it runs lets commits through until all its processes know.
        server.stop()
        server.start()
        async with _outside(server.dsn) as looking, Opening({}) as opened:
            pool = await opened.open(server.dsn, 1, 3)
            database = Database(pool, keeps_trail=False)
            patient, leaving = (asyncio.create_task(commit(database, number)) for number in (1, 2))
            await _until(looking, _WAITING, 2)
            # Begun after both, this command is given up: the time that they would have had is over, too.
            with pytest.raises(TimeoutError):
                await pool.fetch("SELECT pg_sleep(600)")
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
            # Another connection can be had in the place of the one that was left, and both commits wait on.
            assert await pool.fetchval("SELECT count(*) FROM kept") == 0, "not in the archive, so not committed"
            assert (patient.done(), await looking.fetchval(_WAITING)) == (False, 2)
            await looking.execute("ALTER SYSTEM RESET synchronous_standby_names")
            await looking.execute("SELECT pg_reload_conf()")
            await asyncio.wait_for(patient, _PATIENCE_SECONDS)
            await _until(looking, "SELECT count(*) FROM kept", 2)
            await pool.close()


async def test_a_host_that_has_gone_without_a_word_is_noticed_by_the_connection(postgres_dsn: str) -> None:
    async with Opening({}) as opened:
        pool = await opened.open(postgres_dsn, 1, 1)
        async with pool.acquire() as connection:
            opened_socket = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]
            assert opened_socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert opened_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        await pool.close()
