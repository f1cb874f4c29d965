"""The audit put together: its route, and its job in the clock role."""

from __future__ import annotations

from datetime import timedelta

from services.chassis.assembly import Part, Platform
from services.scheduler.audit.handlers import Deps, audit
from services.scheduler.audit.http import router
from services.scheduler.clocks.handlers.keep import CONSUMER
from services.scheduler.freshness.handlers import Audited
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part."""
    settings = platform.settings
    deps = Deps(platform.database, platform.clock, CONSUMER, timedelta(seconds=settings.missed_after_seconds))
    audited = Audited("supervision", lambda: audit(deps=deps), platform.database, platform.clock)
    return Part(
        routers=[router(deps)],
        jobs=[
            platform.every(settings.audit_seconds, audited.round, name="self-audit", role="clock"),
        ],
    )
