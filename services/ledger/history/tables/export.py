"""The export of the whole history, in an order that no commit can break."""

from __future__ import annotations

from typing import Final

import asyncpg

from services.chassis.access.scope import Scope
from services.chassis.storage.beginning import waiting_at_most
from services.chassis.storage.database import Database
from services.ledger.history.model import Record
from services.ledger.history.tables import locks
from services.ledger.history.tables.records import COLUMNS, record_of

_HORIZON_SECONDS: Final = 1.0
_PAGE: Final = f"""
SELECT position, {COLUMNS.names} FROM hazard_history
 WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3"""  # noqa: S608

_WHOLE: Final = Scope()


class Export:
    """Reads the whole history by position, up to a horizon below which nothing can appear any more.

    Positions are handed out before commit, so a reader that follows them could pass over a transaction still in
    flight. The horizon is drawn while no writer is in flight: all writers share a lock that is taken alone here.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._horizon = 0

    async def page(self, after: int, limit: int, scope: Scope = _WHOLE) -> list[tuple[int, Record]]:
        """Return up to `limit` (position, record) pairs after position `after`, of what a reader of this scope may see."""
        if after + limit >= self._horizon:
            await self._draw_horizon()
        async with self._database.reading(scope) as connection:
            rows = await connection.fetch(_PAGE, after, self._horizon, limit)
        return [(row["position"], record_of(row)) for row in rows]

    async def _draw_horizon(self) -> None:
        self._horizon = max(self._horizon, await horizon(self._database) or 0)


async def horizon(database: Database) -> int | None:
    """Return a position below which, itself included, nothing can appear any more; None while a long writer is at work.

    Writers wait for those that are under way, for a second at most.
    """
    try:
        async with database.transaction(settings=waiting_at_most(_HORIZON_SECONDS)) as connection:
            await locks.wait_for_writers(connection)
            newest: int = await connection.fetchval("SELECT coalesce(max(position), 0) FROM hazard_history")
    except asyncpg.LockNotAvailableError:
        # What is known to be complete is still a right answer.
        return None
    return newest
