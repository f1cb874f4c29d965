"""Experts put together: their routes, and the job that erases entries which are kept no longer."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.experts import tables
from services.scheduler.experts.http import Deps, router
from services.scheduler.retention.handlers import erasing
from services.scheduler.retention.model import PersonalRecord
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for an unusable retention.json."""
    sectors = {each.uscc: each.sector for each in platform.city.enterprises}
    return Part(
        routers=[router(Deps(platform.database, platform.clock, platform.city.zone, sectors))],
        jobs=[erasing(platform, PersonalRecord.EXPERT, tables.erase)],
    )
