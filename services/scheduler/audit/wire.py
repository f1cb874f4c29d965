"""The audit put together: its route, and its job in the clock role."""

from __future__ import annotations

from datetime import timedelta

from services.chassis.assembly import Part, Platform
from services.scheduler import metrics
from services.scheduler.audit.handlers import Deps, audit
from services.scheduler.audit.http import router
from services.scheduler.clocks.events import CONSUMER
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part."""
    settings = platform.settings
    deps = Deps(platform.database, platform.clock, CONSUMER, timedelta(seconds=settings.missed_after_seconds))
    metrics.AUDITED.labels("supervision").set(platform.clock.wall().timestamp())
    return Part(
        routers=[router(deps)],
        jobs=[
            platform.every(settings.audit_seconds, lambda: audit(deps=deps), name="self-audit", role="clock"),
        ],
    )
