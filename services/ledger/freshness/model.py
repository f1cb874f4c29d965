"""How far the city is read, and which counties are not read that far: pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

# Before anything that a clock of ours will ever say: of a county with this instant nothing is known.
NOTHING_KNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Reading(NamedTuple):
    """`applied_through` holds for every county but those in `behind`, which have an earlier instant of their own."""

    applied_through: datetime
    behind: dict[str, datetime]


def reckon(applied: Mapping[str, datetime | None], *, previous: datetime | None, patience: timedelta) -> Reading | None:
    """Return what the next heartbeat says of the counties in `applied` (each through its instant), or None.

    A county is behind when nothing is known of it, when it is more than `patience` behind the foremost one, or when it
    stands before `previous`, the last heartbeat's instant: that one never goes back. None while nothing is known at
    all. A county alone is never behind itself, so a city that catches up after an outage says so as it goes.
    """
    known = [instant for instant in applied.values() if instant is not None]
    if not known:
        return None
    least = max(max(known) - patience, previous or NOTHING_KNOWN)
    ready = [instant for instant in known if instant >= least]
    if not ready:
        return None
    behind = {
        county: instant or NOTHING_KNOWN for county, instant in applied.items() if instant is None or instant < least
    }
    return Reading(min(ready), behind)
