"""The calendar put together: it only says until when it is entered."""

from __future__ import annotations

from duban_contracts.days import Zone
from duban_contracts.deadlines.calendar import load_days
from services.chassis.assembly import Part, Platform
from services.scheduler import metrics
from services.scheduler.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the part; raises ProfileError for an unusable calendar."""
    covered_until = load_days(platform.settings.profile, Zone(platform.city.timezone)).covered_until()
    metrics.CALENDAR_ENDS.set(covered_until.timestamp() if covered_until else 0)
    return Part()
