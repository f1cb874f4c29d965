"""Self-checks put together: their routes, and the calendar by which teams work."""

from __future__ import annotations

from duban_contracts.deadlines.calendar import load_calendar
from services.chassis.assembly import Part, Platform
from services.scheduler.selfchecks.http import Deps, router
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for an unusable calendar."""
    counties = frozenset(county.code for county in platform.city.counties)
    calendar = load_calendar(platform.settings.profile)
    return Part(routers=[router(Deps(platform.database, platform.clock, platform.city.zone, calendar, counties))])
