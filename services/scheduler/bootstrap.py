"""The scheduler's slices."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.chassis.assembly import Part, Platform, assemble, open_platform
from services.chassis.process.clock import Clock
from services.chassis.process.service import Service
from services.scheduler.alarms.tables import SESSION_SETTINGS
from services.scheduler.audit.wire import wire as audit
from services.scheduler.calendar.wire import wire as calendar
from services.scheduler.campaigns.wire import wire as campaigns
from services.scheduler.clocks.wire import wire as clocks
from services.scheduler.draws.wire import wire as draws
from services.scheduler.duties.wire import wire as duties
from services.scheduler.experts.wire import wire as experts
from services.scheduler.filings.wire import wire as filings
from services.scheduler.followups.wire import wire as followups
from services.scheduler.imports.wire import wire as imports
from services.scheduler.retention.wire import wire as retention
from services.scheduler.rosters.wire import wire as rosters
from services.scheduler.selfchecks.wire import wire as selfchecks
from services.scheduler.settings import Settings
from services.scheduler.subscriptions.wire import wire as subscriptions
from services.scheduler.tasks.wire import wire as tasks
from services.scheduler.training.wire import wire as training

NAME: Final = "scheduler"
TITLE: Final = "Duban scheduler 任务调度"
MIGRATIONS: Final = Path(__file__).parent / "migrations"


def used(_: Platform[Settings]) -> Part:
    """Return the part of a slice that others use: it has tables, and nothing of its own that runs."""
    return Part()


# In the order in which their tables are made; clocks stand before alarms, whose first migration referred to them.
SLICES: Final = {
    "calendar": calendar,
    "freshness": used,
    "clocks": clocks,
    "alarms": used,
    "followups": followups,
    "rosters": rosters,
    "retention": retention,
    "tasks": tasks,
    "findings": used,
    "filings": filings,
    "training": training,
    "selfchecks": selfchecks,
    "subscriptions": subscriptions,
    "duties": duties,
    "campaigns": campaigns,
    "draws": draws,
    "experts": experts,
    "imports": imports,
    "audit": audit,
}


def parts(platform: Platform[Settings]) -> list[Part]:
    """Return what the slices add; raises ProfileError for an unusable calendar or policy."""
    return [wire(platform) for wire in SLICES.values()]


async def build(settings: Settings, clock: Clock | None = None) -> Service:
    """Bring the database up to date, connect, and wire the roles; nothing runs yet.

    `clock` replaces the one that the settings describe. Raises ProfileError for an unusable profile.
    """
    platform = await open_platform(
        NAME, settings, migrations=MIGRATIONS, slices=SLICES, clock=clock, session=SESSION_SETTINGS
    )
    return assemble(platform, parts(platform), title=TITLE)
