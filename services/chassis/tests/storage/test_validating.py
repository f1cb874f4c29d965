"""Constraints that came NOT VALID: who migrates lets what was there prove them, once every file is applied."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from services.chassis.assembly import open_platform
from services.chassis.process.settings import ServiceSettings
from services.chassis.storage import schema
from services.chassis.storage.schema import RowsBreakConstraint, migrate

LATER = "ALTER TABLE thing ADD CONSTRAINT thing_counts CHECK (id > 0) NOT VALID;"


def write(directory: Path, name: str, sql: str) -> None:
    (directory / name).write_text(sql, encoding="utf-8")


async def waiting(database: str) -> list[str]:
    """Constraints that nobody has read what was there for."""
    connection = await asyncpg.connect(database)
    found = await connection.fetch("SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY conname")
    await connection.close()
    return [row["conname"] for row in found]


async def do(database: str, statement: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(statement)
    await connection.close()


async def test_a_constraint_that_came_not_valid_is_validated_beside_those_who_write(
    database: str, tmp_path: Path
) -> None:
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint);")
    await migrate(database, tmp_path)
    await do(database, "ALTER TABLE thing ADD CONSTRAINT of_an_operator CHECK (id > -5) NOT VALID")
    await do(database, "INSERT INTO thing VALUES (0)")
    write(tmp_path, "0002_counts.sql", LATER)
    # What is there is put right by a later file, before anybody looks.
    write(tmp_path, "0003_right.sql", "DELETE FROM thing WHERE id = 0;")
    await migrate(database, tmp_path)
    assert await waiting(database) == ["of_an_operator"]
    # As a kill leaves it between the two; and somebody is writing, who would be in the way of whoever locks more.
    await do(database, "ALTER TABLE thing DROP CONSTRAINT thing_counts; " + LATER)
    writer = await asyncpg.connect(database)
    held = writer.transaction()
    await held.start()
    await writer.execute("INSERT INTO thing VALUES (1)")
    assert await migrate(database, tmp_path) == []
    assert await waiting(database) == ["of_an_operator"]
    await held.rollback()
    await writer.close()


async def test_rows_that_break_new_constraints_are_named_all_at_once_until_they_are_put_right(
    database: str, tmp_path: Path
) -> None:
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint); INSERT INTO thing VALUES (-1);")
    write(tmp_path, "0002_counts.sql", LATER)
    write(tmp_path, "0003_big.sql", "ALTER TABLE thing ADD CONSTRAINT thing_big CHECK (id > 9) NOT VALID;")
    write(tmp_path, "0004_small.sql", "ALTER TABLE thing ADD CONSTRAINT thing_small CHECK (id < 9) NOT VALID;")
    for applied in (["service/0002_counts.sql", "service/0003_big.sql", "service/0004_small.sql"], []):
        with pytest.raises(RowsBreakConstraint, match=r"break thing_counts of thing, thing_big of thing$") as broken:
            await migrate(database, tmp_path)
        assert broken.value.applied[-3:] == applied
        assert await waiting(database) == ["thing_big", "thing_counts"]
    # What is written since is held to it anyway.
    with pytest.raises(asyncpg.CheckViolationError):
        await do(database, "INSERT INTO thing VALUES (-2)")
    await do(database, "DELETE FROM thing")
    assert await migrate(database, tmp_path) == []
    assert await waiting(database) == []


async def test_a_service_starts_over_rows_that_break_a_new_constraint_and_says_so(
    database: str, tmp_path: Path
) -> None:
    (tmp_path / "things").mkdir()
    write(tmp_path / "things", "0001_thing.sql", "CREATE TABLE thing (id bigint); INSERT INTO thing VALUES (-1);")
    write(tmp_path / "things", "0002_counts.sql", LATER)
    settings = ServiceSettings(postgres_dsn=database, kafka_bootstrap="127.0.0.1:1", http_port=1, migrations="apply")
    with capture_logs() as lines:
        platform = await open_platform("thing", settings, migrations=tmp_path, slices=["things"])
        await platform.database.close()
    said = [line for line in lines if line["log_level"] == "error"]
    assert [line["why"] for line in said] == ["rows that were there break thing_counts of thing"]


async def test_a_table_that_stays_locked_is_said_and_validated_the_next_time(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_LOCK_SECONDS", 0.1)
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint);" + LATER)
    await migrate(database, tmp_path)
    await do(database, "ALTER TABLE thing DROP CONSTRAINT thing_counts; " + LATER)
    # As a vacuum against wraparound holds it, for as long as that takes.
    vacuum = await asyncpg.connect(database)
    held = vacuum.transaction()
    await held.start()
    await vacuum.execute("LOCK TABLE thing IN SHARE UPDATE EXCLUSIVE MODE")
    with capture_logs() as lines:
        assert await migrate(database, tmp_path) == []
    assert [(line["constraint"], line["log_level"]) for line in lines] == [("thing_counts", "warning")]
    await held.rollback()
    await vacuum.close()
    await migrate(database, tmp_path)
    assert await waiting(database) == []


async def test_what_is_validated_is_said_of_tables_that_had_rows_alone(database: str, tmp_path: Path) -> None:
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint); CREATE TABLE other (id bigint);")
    write(tmp_path, "0002_row.sql", "INSERT INTO other VALUES (1);")
    # However the words are laid out.
    write(
        tmp_path,
        "0003_other.sql",
        "ALTER TABLE other\n    ADD -- it's; why\n  /* and /* how */ */ CONSTRAINT  other_counts\n CHECK (id > 0) NOT VALID;",
    )
    write(tmp_path, "0004_counts.sql", LATER)
    with capture_logs() as lines:
        await migrate(database, tmp_path)
    assert [line["constraint"] for line in lines] == ["other_counts"]
    assert await waiting(database) == []
