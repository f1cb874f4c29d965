"""Constraints that came NOT VALID: who migrates lets what was there prove them, once every file is applied."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from services.chassis.storage.schema import MigrationError, migrate

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


async def test_rows_that_break_a_new_constraint_are_named_until_they_are_put_right(
    database: str, tmp_path: Path
) -> None:
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint); INSERT INTO thing VALUES (-1);")
    write(tmp_path, "0002_counts.sql", LATER)
    for _ in range(2):
        with pytest.raises(MigrationError, match="rows of thing that were there break thing_counts"):
            await migrate(database, tmp_path)
    # What is written since is held to it anyway.
    with pytest.raises(asyncpg.CheckViolationError):
        await do(database, "INSERT INTO thing VALUES (-2)")
    await do(database, "DELETE FROM thing")
    assert await migrate(database, tmp_path) == []
    assert await waiting(database) == []
