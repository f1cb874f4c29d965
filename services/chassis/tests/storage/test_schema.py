"""Migrations: forward only, never changed, never lost, applied once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from services.chassis.storage.schema import CHASSIS_MIGRATIONS, MigrationError, migrate


def write(directory: Path, name: str, sql: str) -> None:
    (directory / name).write_text(sql, encoding="utf-8")


async def test_migrations_run_once_in_order_after_the_chassis_own(database: str, tmp_path: Path) -> None:
    write(tmp_path, "0002_more.sql", "ALTER TABLE thing ADD COLUMN note text;")
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint);")
    chassis = [f"chassis/{file.name}" for file in sorted(CHASSIS_MIGRATIONS.glob("*.sql"))]
    assert await migrate(database, tmp_path) == [*chassis, "service/0001_thing.sql", "service/0002_more.sql"]
    assert await migrate(database, tmp_path) == []
    write(tmp_path, "0003_last.sql", "DROP TABLE thing;")
    assert await migrate(database, tmp_path) == ["service/0003_last.sql"]


async def test_an_applied_migration_can_be_neither_changed_nor_taken_away(database: str, tmp_path: Path) -> None:
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint);")
    await migrate(database, tmp_path)
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id text);")
    with pytest.raises(MigrationError, match="was changed after it was applied"):
        await migrate(database, tmp_path)
    (tmp_path / "0001_thing.sql").unlink()
    with pytest.raises(MigrationError, match=r"0001_thing\.sql"):
        await migrate(database, tmp_path)


async def test_a_migration_before_one_that_is_applied_is_refused(database: str, tmp_path: Path) -> None:
    write(tmp_path, "0002_thing.sql", "CREATE TABLE thing (id bigint);")
    await migrate(database, tmp_path)
    write(tmp_path, "0001_late.sql", "CREATE TABLE late (id bigint);")
    with pytest.raises(MigrationError, match="higher number"):
        await migrate(database, tmp_path)


async def test_a_badly_named_file_is_refused(database: str, tmp_path: Path) -> None:
    write(tmp_path, "1-thing.sql", "CREATE TABLE thing (id bigint);")
    with pytest.raises(MigrationError, match=r"NNNN_name\.sql"):
        await migrate(database, tmp_path)


async def test_a_failing_migration_leaves_nothing_behind(database: str, tmp_path: Path) -> None:
    write(tmp_path, "0001_half.sql", "CREATE TABLE half (id bigint); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(database, tmp_path)
    write(tmp_path, "0001_half.sql", "CREATE TABLE half (id bigint);")
    assert await migrate(database, tmp_path) == ["service/0001_half.sql"]


async def test_two_processes_that_start_at_once_take_turns(database: str, tmp_path: Path) -> None:
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint); SELECT pg_sleep(0.2);")
    done = await asyncio.gather(*(migrate(database, tmp_path) for _ in range(4)))
    assert sorted(map(len, done))[:3] == [0, 0, 0]
