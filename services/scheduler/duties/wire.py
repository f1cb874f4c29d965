"""Duties put together: the routes, and the job that plans ahead in the clock role."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from services.chassis.assembly import Part, Platform
from services.chassis.web.routes import Router
from services.scheduler.duties.handlers.audit import Deps as AuditDeps
from services.scheduler.duties.handlers.audit import SelfAudit
from services.scheduler.duties.handlers.plan import Planner, plan_all
from services.scheduler.duties.http.audits import add_audit
from services.scheduler.duties.http.commands import add_commands
from services.scheduler.duties.http.deps import Deps
from services.scheduler.duties.http.reads import add_reads
from services.scheduler.freshness.handlers import Audited
from services.scheduler.settings import Settings

# The audit of planning reads every task, and planning mends what it lacks within a minute: it looks this much rarer than
# the audits of what is due, and has this many plannings' patience.
_RARER: Final = 10
_PLANNINGS: Final = 3


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for unusable rosters or an unusable calendar."""
    planner = Planner.on(platform)
    settings = platform.settings
    deps = Deps(platform.database, platform.clock, planner)
    patience = timedelta(seconds=_PLANNINGS * settings.planning_seconds)
    auditing = AuditDeps(platform.database, platform.clock, planner, patience)
    audited = Audited("planning", SelfAudit(auditing).audit, platform.database, platform.clock)
    routes = Router(prefix="/v1", tags=["duties"])
    add_reads(routes, deps)
    add_commands(routes, deps)
    add_audit(routes, auditing)
    return Part(
        routers=[routes],
        jobs=[
            platform.every(
                settings.planning_seconds,
                lambda: plan_all(platform.database, planner=planner, clock=platform.clock),
                name="planning of duties",
                role="clock",
            ),
            platform.every(_RARER * settings.audit_seconds, audited.round, name="audit of planning", role="clock"),
        ],
    )
