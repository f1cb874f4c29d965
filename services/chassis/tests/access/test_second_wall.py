"""Row-level security says of every row what `covers` says, and the role that reads for people can't get past it."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.local.ephemeral import in_own_loop
from services.chassis.access.scope import Dimension, Facts, Scope
from services.chassis.storage.database import Database, connect
from services.chassis.storage.readers import TooMighty, admit_readers, reader_of, readers_dsn, usable
from services.chassis.storage.schema import migrate
from services.chassis.telemetry.metrics import SECOND_WALL
from services.chassis.tests.access.strategies import facts, scopes

_HOME = Scope(county=frozenset({"140502"}))


@pytest.fixture
def walled_table(make_database: Callable[[], str], tmp_path: Path) -> str:
    """DSN of the owner of a table behind the wall, beside one that readers have no right to."""
    dsn = make_database()
    names = ", ".join(f"{dimension} text" for dimension in Dimension)
    told = ", ".join(f'"{dimension}": "{dimension}"' for dimension in Dimension)
    (tmp_path / "0001_things.sql").write_text(
        f"CREATE TABLE thing (position integer, {names}); CALL wall('thing', '{{{told}}}');"
        "CREATE TABLE part (position integer); CALL wall_behind('part', 'thing', 'position', 'position');"
        "CREATE TABLE narrow (county text); CALL wall('narrow', '{\"county\": \"county\"}');"
        "CREATE TABLE hidden (secret text);"
    )
    in_own_loop(migrate(dsn, tmp_path))
    in_own_loop(admit_readers(dsn, dsn))
    return dsn


@pytest_asyncio.fixture
async def walled(walled_table: str) -> AsyncIterator[Database]:
    database = await connect(walled_table, application_name="t", max_size=2, walled=True)
    async with database.acquire() as connection:
        await connection.execute("INSERT INTO thing (position, county) VALUES (1, '140502'), (2, '140521'), (3, NULL)")
        await connection.execute("INSERT INTO part VALUES (1), (2), (3)")
        await connection.execute("INSERT INTO narrow VALUES ('140502'), ('140521')")
    yield database
    await database.close()


@pytest.mark.feature("SY65")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(facts(), min_size=20, max_size=60), st.lists(scopes(), min_size=10, max_size=40))
def test_postgresql_shows_exactly_the_rows_that_a_scope_covers(
    walled_table: str, rows: list[Facts], asked: list[Scope]
) -> None:
    found = in_own_loop(_shown(walled_table, rows, asked))
    for scope, positions in zip(asked, found, strict=True):
        assert positions == [n for n, row in enumerate(rows) if scope.covers(row)], scope


async def _shown(dsn: str, rows: list[Facts], asked: list[Scope]) -> list[list[int]]:
    database = await connect(dsn, application_name="t", max_size=2, walled=True)
    try:
        async with database.acquire() as connection:
            await connection.execute("TRUNCATE thing")
            records = [(n, *(getattr(row, dimension) for dimension in Dimension)) for n, row in enumerate(rows)]
            await connection.copy_records_to_table("thing", records=records)
        return [await positions(database, scope) for scope in asked]
    finally:
        await database.close()


async def positions(database: Database, scope: Scope, table: str = "thing") -> list[int]:
    async with database.reading(scope) as connection:
        return [row[0] for row in await connection.fetch(f"SELECT position FROM {table} ORDER BY position")]  # noqa: S608


async def test_what_belongs_to_a_row_is_seen_with_it(walled: Database) -> None:
    assert await positions(walled, _HOME, "part") == [1]
    assert await positions(walled, Scope(), "part") == [1, 2, 3]


async def test_who_is_restricted_where_a_table_tells_nothing_apart_sees_none_of_it(walled: Database) -> None:
    async with walled.reading(Scope(county=frozenset({"140502"}), sector=frozenset({"fire"}))) as connection:
        assert await connection.fetchval("SELECT count(*) FROM narrow") == 0
    async with walled.reading(_HOME) as connection:
        assert await connection.fetchval("SELECT count(*) FROM narrow") == 1


async def test_a_session_that_does_not_say_whose_it_is_sees_nothing(walled_table: str, walled: Database) -> None:
    del walled
    connection = await asyncpg.connect(readers_dsn(walled_table))
    try:
        assert await connection.fetchval("SELECT count(*) FROM thing") == 0
        await connection.execute("SET duban.scope = ''")
        assert await connection.fetchval("SELECT count(*) FROM thing") == 0
        await connection.execute("SET duban.scope = 'everything'")
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await connection.fetchval("SELECT count(*) FROM thing")
    finally:
        await connection.close()


async def test_a_connection_is_whoever_reads_over_it_and_is_told_so_only_when_that_changes(walled: Database) -> None:
    other = Scope(county=frozenset({"140521"}))
    for scope, expected in ((_HOME, [1]), (_HOME, [1]), (other, [2]), (Scope(), [1, 2, 3]), (_HOME, [1])):
        assert await positions(walled, scope) == expected
    async with walled.reading(other) as connection:
        told: list[Any] = []
        connection.add_query_logger(told.append)
    assert await positions(walled, other) == [2]
    assert ["set_config" in each.query for each in told] == [False]


async def test_a_reader_that_was_cut_off_in_a_transaction_is_told_anew_whose_it_is(walled: Database) -> None:
    async with walled.reading(_HOME) as connection:
        await connection.execute("BEGIN")
    assert await positions(walled, _HOME) == [1]


@pytest.mark.parametrize(
    "attempt",
    [
        "SELECT secret FROM hidden",
        "INSERT INTO thing (position) VALUES (9)",
        "DELETE FROM thing",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER TABLE thing DISABLE ROW LEVEL SECURITY",
        "DROP POLICY readers ON thing",
        "CREATE TABLE own (it integer)",
    ],
)
async def test_who_reads_for_people_gets_no_further(walled_table: str, attempt: str) -> None:
    connection = await asyncpg.connect(readers_dsn(walled_table))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(attempt)
        await connection.execute("SET row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM thing")
    finally:
        await connection.close()


async def test_a_role_that_was_given_more_by_hand_is_not_taken(database: str) -> None:
    name, password = f"t_{secrets.token_hex(4)}", secrets.token_hex(8)
    server = urlsplit(database)
    dsn = urlunsplit(server._replace(netloc=f"{quote(name)}:{password}@{server.netloc.rpartition('@')[2]}"))
    connection = await asyncpg.connect(database)
    try:
        assert await admit_readers(database, dsn) is None
        await connection.execute("CREATE TABLE thing (it integer); ALTER TABLE thing ENABLE ROW LEVEL SECURITY")
        assert await usable(readers_dsn(dsn)) is None
        assert await admit_readers(database, dsn) == reader_of(name)
        assert await usable(readers_dsn(dsn)) == readers_dsn(dsn)
        await connection.execute(f"REVOKE SELECT ON thing FROM {reader_of(name)}")  # noqa: S608 - no query
        assert await usable(readers_dsn(dsn)) is None, "as after a restore without rights"
        assert await admit_readers(database, dsn) == reader_of(name)
        for more, less in (
            ("ALTER ROLE {} BYPASSRLS", "ALTER ROLE {} NOBYPASSRLS"),
            ("GRANT {}_more TO {}", "DROP ROLE {}_more"),
        ):
            if "GRANT" in more:
                await connection.execute(f"CREATE ROLE {reader_of(name)}_more")
            await connection.execute(more.format(reader_of(name), reader_of(name)))
            assert await usable(readers_dsn(dsn)) is None, more
            await connection.execute(less.format(reader_of(name)))
        assert await usable(readers_dsn(dsn)) == readers_dsn(dsn)
        await connection.execute(f"ALTER ROLE {reader_of(name)} BYPASSRLS")
        with pytest.raises(TooMighty):
            await admit_readers(database, dsn)
    finally:
        await connection.execute(f"DROP OWNED BY {reader_of(name)}; DROP ROLE {reader_of(name)}")
        await connection.close()


async def test_a_process_that_was_there_before_its_readers_has_the_wall_as_soon_as_they_are(
    walled_table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(1000, 100_000, 100))
    monkeypatch.setattr("services.chassis.storage.readers._MAY_READ", "SELECT false")
    database = await connect(walled_table, application_name="t", max_size=2, walled=True)
    readers = database._readers
    assert readers is not None
    name = urlsplit(walled_table).path.removeprefix("/")
    try:
        assert (database.is_walled, SECOND_WALL.labels(name)._value.get()) == (False, 0)
        async with database.acquire() as connection:
            await connection.execute("INSERT INTO thing (position, county) VALUES (1, '140502'), (2, '140521')")
        assert await positions(database, _HOME) == [1, 2]
        monkeypatch.undo()
        assert await positions(database, _HOME) == [1, 2], "it is not asked for with every read"
        assert readers._asking is None
        monkeypatch.setattr(readers, "_now", lambda: next(times) + time.monotonic())
        assert await positions(database, _HOME) == [1, 2], "who reads does not wait for it"
        assert readers._asking is not None
        await readers._asking
        assert (database.is_walled, SECOND_WALL.labels(name)._value.get()) == (True, 1)
        assert await positions(database, _HOME) == [1]
    finally:
        await database.close()


async def test_pools_that_were_opened_are_closed_where_a_later_one_is_not(
    walled_table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(dsn: str | None) -> str | None:
        del dsn
        raise ConnectionRefusedError

    opened: list[Any] = []
    create = asyncpg.create_pool

    def creating(*arguments: Any, **options: Any) -> Any:
        opened.append(create(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr("services.chassis.storage.walls.usable", fails)
    monkeypatch.setattr(asyncpg, "create_pool", creating)
    with pytest.raises(ConnectionRefusedError):
        await connect(walled_table, application_name="t", max_size=2, walled=True)
    assert [pool.is_closing() for pool in opened] == [True]


def test_without_a_password_there_is_nobody_to_read_by() -> None:
    assert readers_dsn("postgresql://duban_ledger@db/duban_ledger") is None
    told = readers_dsn("postgresql://duban_ledger:p%40ss@db:5432/duban_ledger?sslmode=verify-full")
    assert told is not None
    assert told.startswith("postgresql://duban_ledger_reader:")
    assert told.endswith("@db:5432/duban_ledger?sslmode=verify-full")
    assert "p%40ss" not in told
