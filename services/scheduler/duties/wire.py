"""Duties put together: the routes, and the job that plans ahead in the clock role."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.chassis.web.routes import Router
from services.scheduler.duties.handlers.plan import Planner, plan_all
from services.scheduler.duties.http.commands import add_commands
from services.scheduler.duties.http.deps import Deps
from services.scheduler.duties.http.reads import add_reads
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for unusable rosters or an unusable calendar."""
    planner = Planner.on(platform)
    deps = Deps(platform.database, platform.clock, planner)
    routes = Router(prefix="/v1", tags=["duties"])
    add_reads(routes, deps)
    add_commands(routes, deps)
    return Part(
        routers=[routes],
        jobs=[
            platform.every(
                platform.settings.planning_seconds,
                lambda: plan_all(platform.database, planner=planner, clock=platform.clock),
                name="planning of duties",
                role="clock",
            )
        ],
    )
