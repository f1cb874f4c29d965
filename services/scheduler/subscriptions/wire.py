"""Subscriptions put together: routes alone."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.settings import Settings
from services.scheduler.subscriptions.http import Deps, router


def wire(platform: Platform[Settings]) -> Part:
    """Return the part."""
    return Part(routers=[router(Deps(platform.database, platform.clock, platform.city))])
