"""A database that is lost with its directory is restored to its last committed row, or to an instant."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from deploy.local import backup, ephemeral, recovery
from deploy.local.backup import Archive
from deploy.local.ephemeral import PostgresServer
from deploy.local.settings import load
from deploy.local.tests.archived import archived, receiving
from deploy.local.trouble import Trouble
from services.chassis.process.clock import ZONE

pytestmark = pytest.mark.servers


async def insert(running: PostgresServer, *numbers: int) -> datetime:
    """Commit these numbers, each in its own transaction; return the server's time afterwards."""
    connection = await asyncpg.connect(running.dsn)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (number integer)")
        for number in numbers:
            await connection.execute("INSERT INTO kept VALUES ($1)", number)
        told: datetime = await connection.fetchval("SELECT clock_timestamp()")
        return told
    finally:
        await connection.close()


def lose(running: PostgresServer) -> None:
    """Kill the server and delete what it wrote."""
    running.kill()
    shutil.rmtree(running.server.data)


async def kept(running: PostgresServer) -> list[int]:
    """Start the restored server, and return what it holds once it takes writes."""
    running.start()
    assert await recovery._recovered(running.dsn) is None
    connection = await asyncpg.connect(running.dsn)
    rows = await connection.fetch("SELECT number FROM kept ORDER BY number")
    await connection.close()
    return [row["number"] for row in rows]


async def test_a_server_that_is_lost_with_its_directory_comes_back_with_every_committed_row() -> None:
    with archived() as (running, archive):
        await insert(running, 1)
        archive.take()
        await insert(running, *range(2, 50))
        lose(running)
        archive.restore()
        assert await kept(running) == list(range(1, 50))


async def test_a_server_is_restored_as_it_was_at_an_instant_and_what_lay_there_is_put_aside() -> None:
    with archived() as (running, archive):
        await insert(running, 1)
        archive.take()
        instant = await insert(running, 2)
        await insert(running, 3)
        running.kill()
        aside = archive.restore(instant)
        assert await kept(running) == [1, 2]
        assert (aside / "PG_VERSION").exists()


async def test_after_a_restore_backups_begin_anew_and_hold_what_comes_then() -> None:
    with ephemeral.postgres(durable=True, **backup.OPTIONS) as running:
        archive = Archive(running.server.base / "backups", running.server)
        with receiving(archive):
            await insert(running, 1)
            archive.take()
            lose(running)
        archive.restore()
        running.start()
        archive.begin_anew()
        with receiving(archive):
            archive.take()
            await insert(running, 2)
            lose(running)
            archive.restore()
            assert await kept(running) == [1, 2]


async def test_after_a_restore_to_an_instant_the_next_one_goes_to_the_end() -> None:
    with ephemeral.postgres(durable=True, **backup.OPTIONS) as running:
        archive = Archive(running.server.base / "backups", running.server)
        with receiving(archive):
            await insert(running, 1)
            archive.take()
            instant = await insert(running, 2)
            await insert(running, 3)
            lose(running)
        # As a person of the city writes it.
        archive.restore(instant.astimezone(ZONE))
        running.start()
        archive.begin_anew()
        with receiving(archive):
            archive.take()
            await insert(running, 4)
            lose(running)
            archive.restore()
            assert await kept(running) == [1, 2, 4]


async def test_who_archives_no_more_leaves_no_slot_for_which_the_log_would_be_kept() -> None:
    with ephemeral.postgres(durable=True, **backup.OPTIONS) as running:
        archive = Archive(running.server.base / "backups", running.server)
        with receiving(archive):
            await insert(running, 1)
        await archive.give_up()
        connection = await asyncpg.connect(running.dsn)
        assert await connection.fetchval("SELECT count(*) FROM pg_replication_slots") == 0
        await connection.close()


async def test_without_a_base_backup_before_the_instant_nothing_is_touched() -> None:
    with archived() as (running, archive):
        await insert(running, 1)
        archive.take()
        with pytest.raises(Trouble, match="no base backup before"):
            archive.restore((await insert(running) - timedelta(days=1)).astimezone(ZONE))
        assert (running.server.data / "PG_VERSION").exists()


def test_a_platform_that_archives_goes_on_doing_so(tmp_path: Path) -> None:
    home = {"DUBAN_HOME": str(tmp_path)}
    assert not load(home).backup
    assert load({**home, "BACKUP": "1"}).backup
    mark = tmp_path / "state" / "archives"
    mark.parent.mkdir()
    mark.touch()
    assert load(home).backup
    assert not load({**home, "BACKUP": "0"}).backup
    with pytest.raises(Trouble, match="BACKUP"):
        load({**home, "BACKUP": "yes"})
    with pytest.raises(Trouble, match="names another"):
        load({**home, "BACKUP": "1", "DUBAN_POSTGRES_DSN": "postgresql://db/postgres"})
