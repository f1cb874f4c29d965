"""A COMMIT that waits for the archive is not made visible by whoever loses patience: no timeout, no cancellation."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any, Final

import asyncpg
import pytest

from deploy.local import ephemeral
from services.chassis.consuming.attempts import Attempts
from services.chassis.consuming.batches import Tally
from services.chassis.consuming.dead_letters import DeadLetterLimit
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.holds import FloodLimit
from services.chassis.consuming.observer import Observer
from services.chassis.process.clock import SystemClock
from services.chassis.storage import opening
from services.chassis.storage.database import Connection, Database
from services.chassis.storage.opening import Opening
from services.chassis.testing.kafka import eventually
from services.chassis.tests.consuming.fetched import PARTITION, Fetched

pytestmark = pytest.mark.servers
_PATIENCE_SECONDS: Final = 60.0
_STALL_SECONDS: Final = 90.0
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


@contextlib.contextmanager
def _archived() -> Iterator[ephemeral.PostgresServer]:
    """Run a server whose COMMITs wait: nobody of that name receives the log, as when the archive's container stands still."""
    with ephemeral.postgres() as server:
        ephemeral.in_own_loop(_prepare(server.dsn))
        # A server that is told while it runs lets commits through until all its processes know.
        server.stop()
        server.start()
        yield server


async def _prepare(dsn: str) -> None:
    async with _outside(dsn) as preparing:
        await preparing.execute("CREATE TABLE kept (number int)")
        await preparing.execute("ALTER SYSTEM SET synchronous_standby_names = 'duban_backup'")


async def _release(looking: asyncpg.Connection[asyncpg.Record]) -> None:
    await looking.execute("ALTER SYSTEM RESET synchronous_standby_names")
    await looking.execute("SELECT pg_reload_conf()")


@pytest.mark.promise("P1")
async def test_neither_a_timeout_nor_who_gives_up_makes_visible_what_the_archive_has_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "_COMMAND_SECONDS", 0.5)

    async def commit(database: Database, number: int) -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO kept VALUES ($1)", number)

    with _archived() as server:
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
            await _release(looking)
            await asyncio.wait_for(patient, _PATIENCE_SECONDS)
            await _until(looking, "SELECT count(*) FROM kept", 2)
            await pool.close()


@pytest.mark.promise("P6")
async def test_a_consumer_whose_commit_waits_is_not_stalled() -> None:
    seconds = 0.0
    client: Any = Fetched()
    clock = SystemClock()
    observer = Observer(
        name="worker",
        consumer=client,
        bootstrap="",
        clock=clock,
        stall_timeout=_STALL_SECONDS,
        since=clock.wall(),
        steady=lambda: seconds,
    )

    async def process(connection: Connection, *_: object, **__: object) -> Tally:
        await connection.execute("INSERT INTO kept VALUES (1)")
        return Tally("worker")

    async def hears_of_it() -> None:
        assert not observer.is_stalled()

    with _archived() as server:
        async with _outside(server.dsn) as looking, Opening({}) as opened:
            database = Database(await opened.open(server.dsn, 1, 2), keeps_trail=False)
            processor: Any = SimpleNamespace(process=process)
            limits: Any = {"limit": DeadLetterLimit(), "floods": FloodLimit()}
            attempts = Attempts(consumer="worker", processor=processor, database=database, clock=clock, **limits)
            record = RawRecord(PARTITION.topic, PARTITION.partition, 4, clock.wall(), b"", b"", [])
            applying = asyncio.create_task(attempts.apply([record], observer, asyncio.Event()))
            await _until(looking, _WAITING, 1)
            for _ in range(2):
                seconds += _STALL_SECONDS + 1
                await eventually(hears_of_it)
            assert not applying.done()
            await _release(looking)
            assert await asyncio.wait_for(applying, _PATIENCE_SECONDS)
            seconds += _STALL_SECONDS + 1
            assert observer.is_stalled(), "what no longer waits can stall"
            await database.close()


@pytest.mark.promise("P6")
async def test_a_consumer_that_waits_behind_others_commits_is_not_stalled_either() -> None:
    beats = 0

    def waits() -> None:
        nonlocal beats
        beats += 1

    async def commit(database: Database, told: Callable[[], None] | None) -> None:
        async with database.transaction(waits=told) as connection:
            await connection.execute("INSERT INTO kept VALUES (1)")

    async def hears_of_it() -> None:
        assert beats > 1

    with _archived() as server:
        async with _outside(server.dsn) as looking, Opening({}) as opened:
            pool = await opened.open(server.dsn, 1, 2)
            # One turn: who holds it is a command, which hears nothing, and the consumer stands behind it.
            database = Database(pool, keeps_trail=False, transactions=1)
            command = asyncio.create_task(commit(database, None))
            await _until(looking, _WAITING, 1)
            consumer = asyncio.create_task(commit(database, waits))
            await eventually(hears_of_it)
            assert await looking.fetchval(_WAITING) == 1, "it has not begun"
            await _release(looking)
            await asyncio.wait_for(asyncio.gather(command, consumer), _PATIENCE_SECONDS)
            await database.close()


async def test_a_host_that_has_gone_without_a_word_is_noticed_by_the_connection(postgres_dsn: str) -> None:
    async with Opening({}) as opened:
        pool = await opened.open(postgres_dsn, 1, 1)
        async with pool.acquire() as connection:
            opened_socket = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]
            assert opened_socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert opened_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
            # No keepalive is sent while the COMMIT itself is unacknowledged.
            assert opened_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
        await pool.close()
