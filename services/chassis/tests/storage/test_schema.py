"""Migrations: forward only, never changed, never lost, applied once."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from services.chassis.assembly import open_platform
from services.chassis.process.settings import ServiceSettings
from services.chassis.storage import schema
from services.chassis.storage.schema import CHASSIS_MIGRATIONS, MigrationError, check, migrate


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
    write(tmp_path, "0002_more.sql", "ALTER TABLE thing ADD COLUMN note text;")
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


async def test_a_release_runs_on_the_tables_of_the_next_one_and_changes_nothing_there(
    database: str, tmp_path: Path
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before / "hazards", after / "hazards", after / "listings"):
        folder.mkdir(parents=True)
    for release in (before, after):
        write(release / "hazards", "0001_hazard.sql", "CREATE TABLE hazard (id bigint);")
    write(after / "hazards", "0002_more.sql", "ALTER TABLE hazard ADD COLUMN note text;")
    write(after / "listings", "0001_listing.sql", "CREATE TABLE listing (id bigint);")
    await migrate(database, before, ["hazards"])
    assert await migrate(database, after, ["hazards", "listings"]) == [
        "hazards/0002_more.sql",
        "listings/0001_listing.sql",
    ]
    assert await migrate(database, before, ["hazards"]) == []
    await check(database, before, ["hazards"])
    assert await migrate(database, after, ["hazards", "listings"]) == []


async def test_a_release_with_something_outstanding_does_not_take_what_it_does_not_know_for_newer(
    database: str, tmp_path: Path
) -> None:
    (tmp_path / "after").mkdir()
    write(tmp_path / "after", "0009_after.sql", "CREATE TABLE after (id bigint);")
    await migrate(database, tmp_path / "after")
    write(tmp_path, "0010_other.sql", "CREATE TABLE other (id bigint);")
    with pytest.raises(MigrationError, match=r"missing: service/0009_after\.sql"):
        await migrate(database, tmp_path)


async def test_what_is_outstanding_is_named_to_who_only_checks(database: str, tmp_path: Path) -> None:
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint);")
    with pytest.raises(MigrationError, match=r"not applied yet: .*service/0001_thing\.sql"):
        await check(database, tmp_path)
    await migrate(database, tmp_path)
    await check(database, tmp_path)


async def test_who_only_checks_writes_nothing(database: str, tmp_path: Path) -> None:
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint);")
    looking = f"{database}?default_transaction_read_only=on"
    with pytest.raises(MigrationError, match="not applied yet"):
        await check(looking, tmp_path)
    await migrate(database, tmp_path)
    await check(looking, tmp_path)


async def test_a_service_that_is_to_check_refuses_to_start_on_older_tables_and_starts_on_newer_ones(
    database: str, tmp_path: Path
) -> None:
    (tmp_path / "things").mkdir()
    write(tmp_path / "things", "0001_thing.sql", "CREATE TABLE thing (id bigint);")
    settings = ServiceSettings(postgres_dsn=database, kafka_bootstrap="127.0.0.1:1", http_port=1, migrations="check")
    start = partial(open_platform, "thing", settings, migrations=tmp_path, slices=["things"])
    with pytest.raises(MigrationError, match="not applied yet"):
        await start()
    write(tmp_path / "things", "0002_newer.sql", "ALTER TABLE thing ADD COLUMN note text;")
    await migrate(database, tmp_path, ["things"])
    (tmp_path / "things" / "0002_newer.sql").unlink()
    await (await start()).database.close()


async def test_an_index_is_built_beside_writers_and_other_processes_that_start(database: str, tmp_path: Path) -> None:
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint);")
    write(
        tmp_path,
        "0002_index.sql",
        "-- outside a transaction\n"
        "DROP INDEX CONCURRENTLY IF EXISTS thing_by_id;\n"
        "CREATE INDEX CONCURRENTLY thing_by_id ON thing (id);\n",
    )
    done = await asyncio.gather(*(migrate(database, tmp_path) for _ in range(3)))
    assert sorted(map(len, done))[:2] == [0, 0]
    connection = await asyncpg.connect(database)
    valid = await connection.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = 'thing_by_id'::regclass")
    await connection.close()
    assert valid


async def test_a_migration_gives_way_to_who_holds_its_table_and_is_applied_when_that_ends(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_LOCK_SECONDS", 0.1)
    write(tmp_path, "0001_thing.sql", "CREATE TABLE thing (id bigint);")
    await migrate(database, tmp_path)
    write(tmp_path, "0002_more.sql", "ALTER TABLE thing ADD COLUMN note text;")
    holder = await asyncpg.connect(database)
    held = holder.transaction()
    await held.start()
    await holder.execute("LOCK TABLE thing")
    with monkeypatch.context() as impatient:
        impatient.setattr(schema, "_TRIES", 2)
        with pytest.raises(MigrationError, match="locked"):
            await migrate(database, tmp_path)
    waiting = asyncio.create_task(migrate(database, tmp_path))
    await held.rollback()
    assert await waiting == ["service/0002_more.sql"]
    await holder.close()


async def test_a_filling_in_parts_holds_no_row_longer_than_its_part_takes(database: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        "0001_thing.sql",
        "CREATE TABLE thing (id bigint PRIMARY KEY, told text); INSERT INTO thing SELECT generate_series(1, 25);",
    )
    write(
        tmp_path,
        "0002_told.sql",
        "-- outside a transaction\n"
        "-- As CONTRIBUTING says: the body's statements end no statement of the file;\n"
        "DO $$ DECLARE behind bigint := 0; part bigint[]; BEGIN\n"
        "    LOOP\n"
        "        SELECT array_agg(id ORDER BY id) INTO part\n"
        "          FROM (SELECT id FROM thing WHERE id > behind ORDER BY id LIMIT 10 FOR UPDATE) AS coming;\n"
        "        EXIT WHEN part IS NULL;\n"
        "        UPDATE thing SET told = CASE WHEN id <> 7 THEN pg_current_xact_id()::text END WHERE id = ANY (part);\n"
        "        behind := part[cardinality(part)];\n"
        "        COMMIT;\n"
        "    END LOOP;\n"
        "END $$;\n",
    )
    await migrate(database, tmp_path)
    connection = await asyncpg.connect(database)
    parts = await connection.fetch("SELECT count(*) FROM thing GROUP BY told ORDER BY 1")
    await connection.close()
    assert [row["count"] for row in parts] == [1, 5, 9, 10], "one row stays empty, and is not asked for again"
