"""How the gauges of waits and ages are put together."""

from __future__ import annotations

from duban_contracts.days import Zone
from duban_contracts.vocabulary import GRADES
from services.chassis.assembly import Part, Platform
from services.statistics.ageing.jobs import AgeingGauges
from services.statistics.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the slice's part of statistics: one job."""
    city = platform.city
    gauges = AgeingGauges(
        platform.database,
        platform.clock,
        Zone(city.timezone),
        counties=[county.code for county in city.counties],
        grades=[grade.code for grade in GRADES],
    )
    return Part(jobs=[platform.every(platform.settings.ageing_seconds, gauges.report, name="ageing gauges")])
