"""How the books are put together: nothing but the gauges of the stock; `stream` fills them, `figures` reads them."""

from __future__ import annotations

from duban_contracts.vocabulary import GRADES
from services.chassis.assembly import Part, Platform
from services.statistics.books.jobs import StockGauges
from services.statistics.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the books' part of statistics."""
    gauges = StockGauges(
        platform.database,
        counties=[county.code for county in platform.city.counties],
        grades=[grade.code for grade in GRADES],
    )
    return Part(jobs=[platform.every(platform.settings.gauge_seconds, gauges.report, name="stock gauges")])
