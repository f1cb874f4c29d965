"""Plans and campaigns put together: their routes, and the job that counts what plans lack."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.campaigns.handlers import report_gaps
from services.scheduler.campaigns.http import Deps, router
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part."""
    database, clock, zone = platform.database, platform.clock, platform.city.zone
    return Part(
        routers=[router(Deps(database, clock, zone))],
        jobs=[
            platform.every(
                platform.settings.planning_seconds,
                lambda: report_gaps(database, clock=clock, zone=zone),
                name="gaps of plans",
                role="clock",
            )
        ],
    )
