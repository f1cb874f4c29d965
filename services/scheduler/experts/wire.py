"""Experts put together: their routes."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.experts.http import Deps, router
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part."""
    sectors = {each.uscc: each.sector for each in platform.city.enterprises}
    return Part(routers=[router(Deps(platform.database, platform.clock, platform.city.zone, sectors))])
