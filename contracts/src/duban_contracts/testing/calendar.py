"""Instants and days for stories. Where a story says no more, it is June 2026 in Shanghai, and the 1st is a Monday."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

from duban_contracts.days import Zone

ZONE: Final = Zone("Asia/Shanghai")


def local(day: int, hour: int = 0, minute: int = 0, second: int = 0, *, month: int = 6, year: int = 2026) -> datetime:
    """Return the instant (UTC) at which the city's clocks show this."""
    return ZONE.at(date(year, month, day), time(hour, minute, second))


def june(day: int) -> date:
    """Return a day of June 2026."""
    return date(2026, 6, day)
