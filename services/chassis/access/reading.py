"""One row that a person asks for, through the second wall; a foreign one isn't there, and is recorded as refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Connection, Database

T = TypeVar("T")


async def one_of(
    database: Database,
    connection: Connection,
    find: Callable[[Connection], Awaitable[T | None]],
    facts: Callable[[T], Facts],
    caller: Caller,
) -> T | None:
    """Return the row that `find` finds over `connection` (`database.reading`) if it exists for the caller.

    What PostgreSQL doesn't show is looked for once more with the city's eyes, to tell apart in our own record what is foreign
    from what does not exist (SY65). Nothing of it is returned.
    """
    row = await find(connection)
    if row is not None:
        return row if caller.finds(facts(row)) else None
    await note_foreign(database, find, facts, caller)
    return None


async def note_foreign(
    database: Database,
    find: Callable[[Connection], Awaitable[T | None]],
    facts: Callable[[T], Facts],
    caller: Caller,
) -> None:
    """Record a refusal if what the wall showed as nothing is a foreign row."""
    if database.is_walled:
        async with database.acquire() as connection:
            foreign = await find(connection)
        if foreign is not None:
            caller.finds(facts(foreign))
