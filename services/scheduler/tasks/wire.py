"""Tasks put together: the routes, and the clock's jobs: open windows, raise alarms, audit."""

from __future__ import annotations

from datetime import timedelta

from services.chassis.assembly import Part, Platform
from services.scheduler.alarms.handlers import Deps as AlarmDeps
from services.scheduler.alarms.handlers import RaiseAlarms
from services.scheduler.freshness.handlers import Audited
from services.scheduler.rosters.handlers import load_rosters
from services.scheduler.settings import Settings
from services.scheduler.tasks.handlers.audit import Deps as AuditDeps
from services.scheduler.tasks.handlers.audit import audit
from services.scheduler.tasks.handlers.open_windows import open_windows
from services.scheduler.tasks.handlers.remind import plan_reminders
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.handlers.tell import task_alarms
from services.scheduler.tasks.http import audits, commands, reads, served
from services.scheduler.tasks.tables.rows import OPENING_BATCH


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for an unusable calendar, tasks.json, rosters.json or forms.json."""
    settings, database = platform.settings, platform.database
    taskbook, rosters = Taskbook.on(platform), load_rosters(settings.profile, platform.city)
    raising = RaiseAlarms(
        task_alarms(taskbook),
        AlarmDeps(database, platform.clock),
        plan=lambda: plan_reminders(database, taskbook=taskbook),
    )
    auditing = AuditDeps(database, taskbook, timedelta(seconds=settings.missed_after_seconds))
    audited = Audited("tasks", lambda: audit(deps=auditing), database, platform.clock)

    async def look() -> None:
        while await open_windows(database, taskbook=taskbook) == OPENING_BATCH:
            pass
        await raising.look()

    return Part(
        routers=[
            audits.router(auditing),
            served.router(served.Deps(database, rosters, platform.city.code)),
            reads.router(reads.Deps(database, taskbook, rosters)),
            commands.router(commands.Deps(database, taskbook)),
        ],
        jobs=[
            platform.every(settings.poll_seconds, look, name="tasks", role="clock"),
            platform.every(settings.audit_seconds, audited.round, name="audit of tasks", role="clock"),
        ],
    )
