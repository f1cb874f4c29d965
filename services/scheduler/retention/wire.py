"""Retention put together: one route. Those who hold persons' rows have the jobs that erase."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.scheduler.retention.handlers import load_retention
from services.scheduler.retention.http import router
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for an unusable retention.json."""
    load_retention(platform.settings.profile)
    return Part(routers=[router(platform.database)])
