"""Chaining what has come, once a second: one short transaction for all of it, which no command waits for."""

from __future__ import annotations

from typing import Final

from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.telemetry import metrics
from services.chassis.trail import tables
from services.chassis.trail.model import Seal

EVERY_SECONDS: Final = 1.0
MOST: Final = 2000
"""Rows of one seal."""


async def seal_all(database: Database, clock: Clock) -> int:
    """Seal every row that is committed by now; return how many. Instances take turns: who comes second does nothing."""
    sealed = 0
    while (number := await _seal(database, clock)) > 0:
        sealed += number
        if number < MOST:
            break
    await _report(database, clock)
    return sealed


async def _seal(database: Database, clock: Clock) -> int:
    async with database.transaction() as connection:
        head = await tables.end_of_chain(connection)
        records = await tables.take_unsealed(connection, MOST) if head is not None else []
        if head is not None and records:
            at = clock.wall()
            await tables.add_seal(connection, Seal.over(records, number=head.number + 1, previous=head.digest, at=at))
    return len(records)


async def _report(database: Database, clock: Clock) -> None:
    async with database.acquire() as connection:
        number, oldest = await tables.unsealed(connection)
    metrics.TRAIL_UNSEALED.set(number)
    metrics.TRAIL_OLDEST_UNSEALED.set((oldest or clock.wall()).timestamp())
