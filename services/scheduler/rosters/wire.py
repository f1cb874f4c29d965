"""Rosters put together: read from the profile, shown over HTTP."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.rosters.handlers import load_rosters
from services.scheduler.rosters.http import Deps, router
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for an unusable rosters.json."""
    rosters = load_rosters(platform.settings.profile, platform.city)
    return Part(routers=[router(Deps(rosters, platform.clock, platform.city.zone))])
