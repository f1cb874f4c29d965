"""Chaining what has come, once a second: one short transaction for all of it, which no command waits for."""

from __future__ import annotations

from typing import Final

import structlog

from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database, is_retryable
from services.chassis.telemetry import metrics
from services.chassis.trail import tables
from services.chassis.trail.model import Seal

_log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 1.0
MOST: Final = 2000
"""Rows of one seal."""


class Sealing:
    """The job that reports what waits for its seal and then seals it. No fault of the chain ends who runs it.

    Reported first: when sealing fails, also from the start on, the oldest row is known, and an alert follows from it.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._has_reported = False

    async def once(self) -> None:
        """Report and seal; raises what waiting for the database can mend, and logs the rest."""
        try:
            if await self._report():
                await seal_all(self._database, self._clock)
        except Exception as error:
            if is_retryable(error):
                raise
            # The relay runs in the same role, and must go on.
            _log.error("the trail can't be sealed", error=repr(error))

    async def _report(self) -> int:
        """Show how many rows wait for their seal, and since when; return how many."""
        if not self._has_reported:
            # What can't even be asked is as old as this process, for whoever watches, and not unknown.
            metrics.TRAIL_OLDEST_UNSEALED.set(self._clock.wall().timestamp())
            self._has_reported = True
        async with self._database.acquire() as connection:
            number, oldest = await tables.unsealed(connection)
        metrics.TRAIL_UNSEALED.set(number)
        metrics.TRAIL_OLDEST_UNSEALED.set((oldest or self._clock.wall()).timestamp())
        return number


async def seal_all(database: Database, clock: Clock) -> int:
    """Seal every row that is committed by now; return how many. Instances take turns: who comes second does nothing."""
    sealed = 0
    while (number := await _seal(database, clock)) > 0:
        sealed += number
        if number < MOST:
            break
    return sealed


async def _seal(database: Database, clock: Clock) -> int:
    async with database.transaction() as connection:
        head = await tables.end_of_chain(connection)
        records = await tables.take_unsealed(connection, MOST) if head is not None else []
        if head is not None and records:
            at = clock.wall()
            await tables.add_seal(connection, Seal.over(records, number=head.number + 1, previous=head.digest, at=at))
    return len(records)
