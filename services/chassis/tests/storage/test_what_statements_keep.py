"""A connection keeps a statement for a minute, and nothing of the request that prepared it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from contextvars import ContextVar

import uvloop

from services.chassis.storage.database import Database, connect

_request: ContextVar[Request] = ContextVar("request")


class Request:
    """Stands for all that a request's context leads to."""


async def _answered(database: Database) -> weakref.ref[Request]:
    """Ask within a request's context; return what tells whether anybody still holds the request."""
    request = Request()
    _request.set(request)
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT $1::bigint", 7) == 7
    return weakref.ref(request)


async def _kept(dsn: str) -> tuple[list[str], Request | None]:
    """Return the statements of a connection, and the request that prepared them if it is still there."""
    opened = await connect(dsn, application_name="test", keeps_trail=False)
    try:
        request = await asyncio.create_task(_answered(opened))
        async with opened.acquire() as connection:
            rows = await connection.fetch("SELECT statement FROM pg_prepared_statements")
        gc.collect()
        return [row["statement"] for row in rows], request()
    finally:
        await opened.close()


def test_a_request_is_let_go_of_while_the_statement_that_it_prepared_is_kept(database: str) -> None:
    # On the loop that services run on: Python's own keeps timers that are over.
    statements, request = uvloop.run(_kept(database))
    assert "SELECT $1::bigint" in statements
    assert request is None
