"""Between calendar days of the city and instants in UTC. A day begins and ends in Asia/Shanghai (DESIGN §6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
_DAY: Final = timedelta(days=1)


def at_local(day: date, moment: time) -> datetime:
    """Return the instant (UTC) at which clocks in the city read `moment` on `day`."""
    return datetime.combine(day, moment, ZONE).astimezone(UTC)


def day_of(instant: datetime) -> date:
    """Return the city's calendar day in which `instant` lies."""
    return instant.astimezone(ZONE).date()


def end_of(day: date) -> datetime:
    """Return the instant at which `day` is over: the start of the next day. "D日前" includes D (DOMAIN §4)."""
    return at_local(day + _DAY, time.min)


def up_to_midnight(instant: datetime) -> datetime:
    """Return `instant` moved up to the next start of a day, or itself when it is one."""
    start = at_local(day_of(instant), time.min)
    return start if start == instant else end_of(day_of(instant))


def last_day_before(midnight: datetime) -> date:
    """Return the last day that is over at `midnight`: the deadline's own day when `midnight` is its due instant."""
    return day_of(midnight - timedelta(microseconds=1))
