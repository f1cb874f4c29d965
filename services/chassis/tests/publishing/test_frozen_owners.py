"""Whoever holds a lock of the database and says nothing any more, frozen or gone, gives it up."""

from __future__ import annotations

import signal
from pathlib import Path

import asyncpg
import pytest

from services.chassis.process.clock import SystemClock
from services.chassis.publishing.outbox import OutboxMessage, pack_headers
from services.chassis.publishing.relay import Relay
from services.chassis.storage.database import connect, is_retryable
from services.chassis.storage.opening import NOTICED
from services.chassis.storage.schema import migrate
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import eventually
from services.chassis.testing.workers import Workers

pytestmark = pytest.mark.promise("P3")
_OWNERS = """SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
              WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()"""


async def test_a_frozen_owner_of_the_outbox_is_followed_by_the_relay_that_stands_by(workers: Workers) -> None:
    async def owned_by(name: str) -> None:
        assert [row["application_name"] for row in await workers.fetch(_OWNERS)] == [name]

    async def carried() -> None:
        assert not await workers.fetch("SELECT FROM outbox")

    with workers.worker(DUBAN_SILENCE="2") as owner:
        await eventually(lambda: owned_by("worker"))
        owner.send_signal(signal.SIGSTOP)
        try:
            database = await connect(workers.dsn, application_name="second")
            second = Relay(database=database, bootstrap=workers.bootstrap, service="t", clock=SystemClock())
            await workers.fetch(
                "INSERT INTO outbox (topic, key, headers) VALUES ($1, 'K', $2)",
                f"{workers.prefix}out",
                pack_headers([]),
            )
            async with working(second.run):
                await eventually(carried)
                await owned_by("second")
            await database.close()
        finally:
            owner.send_signal(signal.SIGCONT)
        # It goes on where it was, and is the owner again.
        await eventually(lambda: owned_by("worker"))


async def test_a_session_that_the_relay_had_may_be_silent_again(in_process: InProcess) -> None:
    database = in_process.database
    relay = Relay(database=database, bootstrap=in_process.bootstrap, service="test", clock=SystemClock())
    await in_process.append([OutboxMessage(f"{in_process.prefix}out", b"K", b"1", [])])

    async def carried() -> None:
        assert await in_process.value("SELECT count(*) FROM outbox") == 0

    async with working(relay.run):
        await eventually(carried)
    sessions = [await database.pool.acquire() for _ in range(database.pool.get_size())]
    assert {await each.fetchval("SHOW idle_session_timeout") for each in sessions} == {"0"}
    for each in sessions:
        await database.pool.release(each)


async def test_the_servers_end_of_every_session_asks_after_a_silent_host(in_process: InProcess) -> None:
    async with in_process.database.acquire() as connection:
        rows = await connection.fetch(
            "SELECT name, reset_val, source FROM pg_settings WHERE name = ANY ($1)", list(NOTICED)
        )
    assert {row["name"]: row["reset_val"] for row in rows} == NOTICED


async def test_who_is_frozen_while_it_migrates_gives_others_their_turn_after_a_minute(
    database: str, tmp_path: Path
) -> None:
    (tmp_path / "0001_said.sql").write_text(
        """CREATE TABLE said AS SELECT name, setting FROM pg_settings
            WHERE name IN ('idle_session_timeout', 'idle_in_transaction_session_timeout')"""
    )
    await migrate(database, tmp_path)
    connection = await asyncpg.connect(database)
    said = await connection.fetch("SELECT setting FROM said")
    await connection.close()
    assert [row["setting"] for row in said] == ["60000", "60000"]


def test_a_session_that_was_ended_for_its_silence_is_tried_again() -> None:
    assert is_retryable(asyncpg.IdleSessionTimeoutError("terminating connection due to idle-session timeout"))
