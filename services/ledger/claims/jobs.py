"""How many claims wait, for the metrics; and those that were refused long ago are forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.chassis.storage.forgetting import in_rounds
from services.ledger import metrics
from services.ledger.claims.tables import rejected, waiting

REPORT_SECONDS: Final = 1.0
ARRIVALS_SECONDS: Final = 15.0
FORGET_SECONDS: Final = 600.0


async def report_waiting(database: Database, counties: Iterable[str]) -> None:
    """Set each county's gauge to the number of its claims that wait."""
    async with database.acquire() as connection:
        found = await waiting.count_by_county(connection)
    for county in counties:
        metrics.WAITING_CLAIMS.labels(county).set(found.get(county, 0))


async def forget_refused(database: Database, clock: Clock, *, keep: timedelta) -> int:
    """Delete refused claims that the broker took more than `keep` ago (wall time); return how many. Their topic has lost them, too."""
    before = clock.wall() - keep
    return await in_rounds(database, lambda connection, limit: rejected.forget(connection, before, limit))
