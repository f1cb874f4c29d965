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


async def test_slices_are_migrated_in_their_order_each_from_its_own_folder(database: str, tmp_path: Path) -> None:
    for name in ("hazards", "history"):
        (tmp_path / name).mkdir()
    write(tmp_path / "hazards", "0001_hazard.sql", "CREATE TABLE hazard (id bigint REFERENCES record);")
    write(tmp_path / "history", "0001_record.sql", "CREATE TABLE record (id bigint PRIMARY KEY);")
    done = await migrate(database, tmp_path, ["history", "hazards", "without_tables"])
    assert done[-2:] == ["history/0001_record.sql", "hazards/0001_hazard.sql"]
    write(tmp_path / "history", "0002_more.sql", "ALTER TABLE record ADD COLUMN note text;")
    assert await migrate(database, tmp_path, ["history", "hazards"]) == ["history/0002_more.sql"]


async def test_files_cut_out_of_an_applied_migration_are_not_run_again(database: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new / "history", new / "hazards"):
        folder.mkdir(parents=True)
    write(old, "0001_all.sql", "CREATE TABLE record (id bigint); CREATE TABLE hazard (id bigint);")
    await migrate(database, old)
    cut = "-- replaces: service/0001_all.sql\n"
    write(new / "history", "0001_record.sql", cut + "CREATE TABLE record (id bigint);")
    write(new / "hazards", "0001_hazard.sql", cut + "CREATE TABLE hazard (id bigint);")
    write(new / "hazards", "0002_more.sql", "ALTER TABLE hazard ADD COLUMN note text;")
    assert await migrate(database, new, ["history", "hazards"]) == ["hazards/0002_more.sql"]
    assert await migrate(database, new, ["history", "hazards"]) == []


async def test_an_applied_migration_that_nothing_replaces_is_missed(database: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new / "history"):
        folder.mkdir(parents=True)
    write(old, "0001_all.sql", "CREATE TABLE record (id bigint);")
    await migrate(database, old)
    write(new / "history", "0001_record.sql", "CREATE TABLE record (id bigint);")
    with pytest.raises(MigrationError, match=r"service/0001_all\.sql"):
        await migrate(database, new, ["history"])
