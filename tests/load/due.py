"""Deadlines that fall due while somebody measures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Due:
    """Deadlines that fall due: how many, from which instant on, and how long after each other."""

    series: str
    number: int
    starts_at: datetime
    apart: timedelta = timedelta(0)

    @property
    def ends_at(self) -> datetime:
        """The instant of the last one."""
        return self.starts_at + self.number * self.apart
