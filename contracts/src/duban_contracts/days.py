"""Calendar days of a city: which day an instant falls on, and when a day ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class Zone:
    """The time zone in which a city's calendar days begin, from its profile; raises ZoneInfoNotFoundError.

    Every instant that is handed in carries an offset; every instant that is given back is UTC, but for `local`.
    """

    name: str

    def __post_init__(self) -> None:
        ZoneInfo(self.name)

    @property
    def info(self) -> ZoneInfo:
        """The zone itself, for what this class has no word for."""
        return ZoneInfo(self.name)

    def day_of(self, instant: datetime) -> date:
        """Return the calendar day on which `instant` falls."""
        return instant.astimezone(self.info).date()

    def local(self, instant: datetime) -> datetime:
        """Return `instant` with this zone's offset: for printing."""
        return instant.astimezone(self.info)

    def today(self, now: datetime) -> date:
        """Return the calendar day at `now`, the domain time of the injected clock."""
        return self.day_of(now)

    def at(self, day: date, moment: time) -> datetime:
        """Return the instant (UTC) at which clocks in this zone show `moment` on `day`."""
        return datetime.combine(day, moment, self.info).astimezone(UTC)

    def start_of_day(self, day: date) -> datetime:
        """Return the first instant (UTC) of `day`."""
        return self.at(day, _MIDNIGHT)

    def end_of_day(self, day: date) -> datetime:
        """Return the first instant (UTC) after `day`. A deadline includes its own day, so it passes here."""
        return self.start_of_day(day + _DAY)


def chinese_date(day: date) -> str:
    """Return `day` as it stands in a document: 2026年3月5日, no leading zeros (GB/T 9704-2012, 7.3.5)."""
    return f"{day.year}年{day.month}月{day.day}日"
