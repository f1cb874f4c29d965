"""Which days can be true. What is impossible is refused where it is said, before anybody computes with it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from duban_contracts.days import Zone

# Clocks and zones of other systems differ; a hazard found "tomorrow" is one day of that, not more.
_GRACE: Final = timedelta(days=1)


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What days a city takes; from its profile.

    `earliest` is the first day on which a hazard can have been found or mended; `deadline_years` is how far ahead, in
    years from today, a deadline may lie.
    """

    earliest: date = date(2000, 1, 1)
    deadline_years: Annotated[int, Meta(ge=1, le=20)] = 3

    def latest_deadline(self, today: date) -> date:
        """Return the last day that a deadline set `today` may have."""
        year = today.year + self.deadline_years
        try:
            return today.replace(year=year)
        except ValueError:
            return date(year, 2, 28)


# What a city takes that says nothing else.
DEFAULT_BOUNDS: Final = Bounds()


class Present(NamedTuple):
    """The day on which an event is looked at, in the city's zone, and what days the city takes."""

    today: date
    zone: str
    bounds: Bounds = DEFAULT_BOUNDS

    @classmethod
    def at(cls, instant: datetime, zone: Zone, bounds: Bounds = DEFAULT_BOUNDS) -> Present:
        """Return the present of `instant` in a zone."""
        return cls(zone.day_of(instant), zone.name, bounds)

    @property
    def latest_found(self) -> date:
        """The last day on which a hazard can have been found."""
        return self.today + _GRACE
