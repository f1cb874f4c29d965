"""The stock as gauges: trend for operations, never a published figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from services.chassis.storage.database import Database
from services.statistics.books.tables import records
from services.statistics.metrics import CLEARANCE_DURATION, HAZARDS_OPEN, HAZARDS_OVERDUE


@dataclass(frozen=True, slots=True)
class StockGauges:
    """Refreshes the open and overdue gauges of every county × grade."""

    database: Database
    counties: Sequence[str]
    grades: Sequence[str]

    async def report(self) -> None:
        """Read the present stock; every county × grade is there from the start at 0, closings too."""
        async with self.database.acquire() as connection:
            stock = await records.open_and_overdue(connection)
        counts = dict.fromkeys(product(self.counties, self.grades), (0, 0))
        counts |= {(county, grade): (is_open, overdue) for county, grade, is_open, overdue in stock}
        for labels, (is_open, overdue) in counts.items():
            HAZARDS_OPEN.labels(*labels).set(is_open)
            HAZARDS_OVERDUE.labels(*labels).set(overdue)
            CLEARANCE_DURATION.labels(*labels)
