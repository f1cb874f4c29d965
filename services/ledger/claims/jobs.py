"""How many claims wait, for the metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.chassis.storage.database import Database
from services.ledger import metrics
from services.ledger.claims.tables import waiting

REPORT_SECONDS: Final = 1.0
ARRIVALS_SECONDS: Final = 15.0


async def report_waiting(database: Database, counties: Iterable[str]) -> None:
    """Set each county's gauge to the number of its claims that wait."""
    async with database.acquire() as connection:
        found = await waiting.count_by_county(connection)
    for county in counties:
        metrics.WAITING_CLAIMS.labels(county).set(found.get(county, 0))
