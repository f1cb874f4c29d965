"""Deleting what is old enough, a little in each transaction: whoever works beside it waits for milliseconds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from services.chassis.storage.database import Connection, Database

AT_ONCE: Final = 5000

Forget = Callable[[Connection, int], Awaitable[int]]
"""Deletes up to so many rows, oldest first, in the caller's transaction; returns how many went."""


async def in_rounds(database: Database, forget: Forget, *, at_once: int = AT_ONCE) -> int:
    """Delete `at_once` rows a transaction until one finds fewer; return how many went in all.

    Several may do so at once: who comes second finds the rows gone, or passes over those that are going.
    """
    forgotten, found = 0, at_once
    while found == at_once:
        async with database.transaction() as connection:
            found = await forget(connection, at_once)
        forgotten += found
    return forgotten
