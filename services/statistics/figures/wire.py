"""How the figures are put together: nothing but routes over the books."""

from __future__ import annotations

from duban_contracts.days import Zone
from services.chassis.assembly import Part, Platform
from services.statistics.figures.documents.names import Names
from services.statistics.figures.http import Deps, router
from services.statistics.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the figures' part of statistics."""
    city = platform.city
    deps = Deps(platform.database, platform.clock, city, Zone(city.timezone), Names(city))
    return Part(routers=[router(deps)])
