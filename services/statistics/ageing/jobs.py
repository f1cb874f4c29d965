"""The gauges of waits, ages and deadlines: read seldom, since they change slowly and read a month of the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Final

from duban_contracts.days import Zone
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.statistics import metrics
from services.statistics.ageing import tables
from services.statistics.ageing.model import durations, with_zeros
from services.statistics.figures import handlers as figures
from services.statistics.figures.model.periods import Period
from services.statistics.figures.model.rates import Cohort

DAYS: Final = 30
_SPLIT: Final = ("county", "grade")


@dataclass(frozen=True, slots=True)
class AgeingGauges:
    """Refreshes the gauges over the last 30 domain days, and those of what is open now."""

    database: Database
    clock: Clock
    zone: Zone
    counties: Sequence[str]
    grades: Sequence[str]

    async def report(self) -> None:
        """Read everything as of one instant, then set all gauges; what is known no more has no series."""
        now = self.clock.now()
        today = self.zone.day_of(now)
        # Today's deadlines pass with the day: until then nobody is late by them.
        period = Period(today - timedelta(days=DAYS), today - timedelta(days=1))
        async with (
            self.database.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            spells = await tables.waits(connection, since=now - timedelta(days=DAYS), day=period.start, now=now)
            ages = await tables.ages(connection, now)
            oldest = await tables.oldest_overdue(connection)
            due = await figures.rates_by(connection, _SPLIT, period, today)
        cells = list(product(self.counties, self.grades))
        metrics.WAIT.clear()
        for one in durations(spells):
            metrics.WAIT.labels(one.wait, one.grade, one.sector, one.share).set(one.seconds)
        for labels, number in with_zeros(ages, cells).items():
            metrics.AGEING.labels(*labels).set(number)
        for cell in cells:
            cohort = due.get(cell, Cohort())
            metrics.DUE.labels(*cell, "in_time").set(cohort.closed_in_time)
            metrics.DUE.labels(*cell, "in_review").set(cohort.in_review)
            metrics.DUE.labels(*cell, "late").set(cohort.due - cohort.closed_in_time - cohort.in_review)
        for county in self.counties:
            passed = now - self.zone.end_of_day(oldest[county]) if county in oldest else timedelta()
            metrics.OLDEST_OVERDUE.labels(county).set(max(0.0, passed.total_seconds()))
