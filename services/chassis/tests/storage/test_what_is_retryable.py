"""One predicate says what a retry can mend: the server or the session failed, and not the statement."""

from __future__ import annotations

import asyncpg
import pytest

from services.chassis.storage.database import connect, is_retryable


@pytest.mark.parametrize(
    "error",
    [
        OSError("no route"),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.InterfaceError("cannot perform operation: connection is closed"),
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        asyncpg.InterfaceError("pool is closing"),
    ],
)
def test_a_server_or_session_that_failed_is_tried_again(error: Exception) -> None:
    assert is_retryable(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        asyncpg.UniqueViolationError("twice"),
        asyncpg.UndefinedTableError("no such table"),
        asyncpg.NumericValueOutOfRangeError("too large"),
        asyncpg.InterfaceError("the server expects 3 arguments for this query, 2 were passed"),
    ],
)
def test_a_statement_that_is_wrong_stays_wrong(error: Exception) -> None:
    assert not is_retryable(error)


async def test_the_driver_says_of_a_wrong_statement_what_the_predicate_knows(database: str) -> None:
    pool = await connect(database, application_name="test")
    async with pool.acquire() as connection:
        for statement, arguments in (("SELECT $1::int, $2::int", (1,)), ("SELECT $1::int", ("one",))):
            with pytest.raises((asyncpg.InterfaceError, asyncpg.PostgresError)) as caught:
                await connection.fetch(statement, *arguments)
            assert not is_retryable(caught.value)
    await pool.close()


async def test_the_driver_says_of_an_ended_session_what_the_predicate_knows(database: str) -> None:
    pool, killer = await connect(database, application_name="test"), await asyncpg.connect(database)
    async with pool.acquire() as connection:
        await killer.execute("SELECT pg_terminate_backend($1)", await connection.fetchval("SELECT pg_backend_pid()"))
        for _ in range(2):
            with pytest.raises(
                (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError, OSError)
            ) as caught:
                await connection.fetch("SELECT 1")
            assert is_retryable(caught.value)
    await killer.close()
    await pool.close()
