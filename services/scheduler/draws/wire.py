"""Draws put together: their routes."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.draws.http import Deps, router
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part."""
    return Part(routers=[router(Deps(platform.database, platform.clock, platform.city.zone))])
