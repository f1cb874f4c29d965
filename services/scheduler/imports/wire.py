"""Imports put together: one route."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.duties.handlers.plan import Planner
from services.scheduler.imports.handlers import load_phrases
from services.scheduler.imports.http import Deps, router
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for unusable rosters or phrases."""
    planner = Planner.on(platform)
    phrases = load_phrases(platform.settings.profile, planner.rosters)
    return Part(routers=[router(Deps(platform.database, platform.clock, planner, phrases))])
