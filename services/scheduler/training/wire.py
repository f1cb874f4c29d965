"""Trainings put together: their routes."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.settings import Settings
from services.scheduler.training.http import Deps, router


def wire(platform: Platform[Settings]) -> Part:
    """Return the part."""
    counties = frozenset(county.code for county in platform.city.counties)
    return Part(routers=[router(Deps(platform.database, platform.clock, platform.city.zone, counties))])
