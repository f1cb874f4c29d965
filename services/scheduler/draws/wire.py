"""Draws put together: their routes."""

from __future__ import annotations

from services.chassis.access.acting import ActingDeps
from services.chassis.assembly import Part, Platform
from services.scheduler.draws.http import router
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part."""
    return Part(routers=[router(ActingDeps(platform.database, platform.clock, platform.city.zone))])
