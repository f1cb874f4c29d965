"""Periods of calendar days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """A period of calendar days in the city's zone, both ends inclusive."""

    start: date
    end: date

    def days(self) -> list[date]:
        """Return every day of the period; none when it ends before it starts."""
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1)]
