"""Whether somebody edited the city profile's calendar.json or policy.json."""

from __future__ import annotations

import hashlib
from pathlib import Path

from duban_contracts.deadlines.calendar import CALENDAR, POLICY


def fingerprint(profile: Path) -> bytes:
    """Return a digest of both files: it changes when somebody edits the calendar or the policy."""
    digest = hashlib.sha256()
    for name in (CALENDAR, POLICY):
        digest.update((profile / name).read_bytes() + b"\0")
    return digest.digest()
