"""Trainings put together: their routes, and the job that erases sessions which are kept no longer."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.retention.handlers import erasing
from services.scheduler.retention.model import PersonalRecord
from services.scheduler.settings import Settings
from services.scheduler.training import tables
from services.scheduler.training.http import Deps, router


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for an unusable retention.json."""
    counties = frozenset(county.code for county in platform.city.counties)
    return Part(
        routers=[router(Deps(platform.database, platform.clock, platform.city.zone, counties))],
        jobs=[erasing(platform, PersonalRecord.TRAINING, tables.erase)],
    )
