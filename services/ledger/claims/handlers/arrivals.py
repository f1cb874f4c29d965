"""Whether a county is silent for longer than is usual for it: nothing fails when nothing comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from duban_contracts.days import Zone
from duban_contracts.profile import City
from services.chassis.consuming.deliveries import Delivery
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.ledger import metrics
from services.ledger.claims.tables import arrivals
from services.ledger.claims.tables.arrivals import Came, Heard

# A quarter of a year shows each county's weekends; a long holiday is beyond what is usual, and is told.
_LOOKED_BACK: Final = timedelta(days=90)
# On so many of the days on which a silence ended it was no longer than what counts as usual.
_SHARE: Final = 0.95
_LEAST: Final = timedelta(days=1)
# Of a county that is heard of for the first few days nobody can say what is usual.
_KNOWN_DAYS: Final = 5
_UNKNOWN: Final = timedelta(days=7)


class Arrivals:
    """Notes in memory when each county's claims came, and once in a while in the tables: a batch pays nothing for it."""

    def __init__(self, database: Database, clock: Clock, city: City, county_of: Mapping[str, str]) -> None:
        self._database = database
        self._clock = clock
        self._zone = Zone(city.timezone)
        self._county_of = county_of
        self._came: dict[str, tuple[datetime, datetime]] = {}
        # One that left the profile is known in the tables still; that it is silent is no news.
        self._counties = [county.code for county in city.counties]
        for county in city.counties:
            metrics.COUNTY_INFO.labels(county.code, county.name).set(1)

    def note(self, deliveries: Iterable[Delivery]) -> None:
        """Note when the broker took these claims; that a batch is tried again changes nothing."""
        for delivery in deliveries:
            county, at = self._county_of[delivery.topic], delivery.timestamp
            first, last = self._came.get(county, (at, at))
            self._came[county] = (min(first, at), max(last, at))

    async def keep(self) -> None:
        """Write down what came since the last time, and export what is known of every county."""
        came, self._came = self._came, {}
        rows = [Came(county, self._zone.day_of(first), first, last) for county, (first, last) in sorted(came.items())]
        try:
            async with self._database.transaction() as connection:
                if rows:
                    oldest = self._zone.day_of(self._clock.wall() - _LOOKED_BACK)
                    await arrivals.save(connection, rows, forget_before=oldest)
                found = await arrivals.heard(connection, self._counties, share=_SHARE)
        except BaseException:
            for county, (first, last) in came.items():
                newer = self._came.get(county, (first, last))
                self._came[county] = (min(first, newer[0]), max(last, newer[1]))
            raise
        for each in found:
            metrics.COUNTY_LAST_CLAIM.labels(each.county).set(each.last_at.timestamp())
            metrics.COUNTY_USUAL_GAP.labels(each.county).set(usual_gap(each).total_seconds())


async def silence_of(connection: Connection, county: str) -> tuple[datetime, timedelta] | None:
    """Return when a county's last claim came, and for how long it may be silent; None of one that was never heard of."""
    found = await arrivals.heard(connection, [county], share=_SHARE)
    return (found[0].last_at, usual_gap(found[0])) if found else None


def usual_gap(heard: Heard) -> timedelta:
    """Return for how long a county may be silent before that is unusual: a day at least, a week while little is known."""
    if heard.usual is None or heard.days < _KNOWN_DAYS:
        return _UNKNOWN
    return max(_LEAST, heard.usual)
