"""Read the city profile's calendar.json and policy.json."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from duban_contracts.days import Zone
from duban_contracts.profile import ProfileError, read
from services.scheduler.calendar.model import CalendarFile, CityDays, PolicyFile, UnusableCalendar, WorkingCalendar

_CALENDAR: Final = "calendar.json"
_POLICY: Final = "policy.json"


def load_calendar(profile: Path) -> WorkingCalendar:
    """Read calendar.json; raises ProfileError."""
    path = profile / _CALENDAR
    document = read(path, CalendarFile)
    try:
        return WorkingCalendar(frozenset(document.years), document.holidays, document.workdays)
    except UnusableCalendar as error:
        raise ProfileError(path, "$", str(error)) from error


def load_policy(profile: Path) -> PolicyFile:
    """Read policy.json; raises ProfileError."""
    return read(profile / _POLICY, PolicyFile)


def load_days(profile: Path, zone: Zone) -> CityDays:
    """Read both files and return how the city counts days; raises ProfileError."""
    return CityDays(zone, load_calendar(profile), load_policy(profile).roll)


def fingerprint(profile: Path) -> bytes:
    """Return a digest of both files: it changes when somebody edits the calendar or the policy."""
    digest = hashlib.sha256()
    for name in (_CALENDAR, _POLICY):
        digest.update((profile / name).read_bytes() + b"\0")
    return digest.digest()
