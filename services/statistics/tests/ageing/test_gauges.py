"""The gauges of waits, ages and deadlines, from books as the stream writes them."""

from __future__ import annotations

from datetime import date

import pytest
from prometheus_client import REGISTRY

from services.chassis.testing.clock import ManualClock
from services.statistics.ageing.jobs import AgeingGauges
from services.statistics.tests.bench import Books
from services.statistics.tests.stories import ZONE, found, hour, open_since

pytestmark = pytest.mark.feature("SY53")

COUNTY = "140502"
HOUR = 3600


def gauges(books: Books, at: float) -> AgeingGauges:
    return AgeingGauges(books.database, ManualClock(hour(at)), ZONE, [COUNTY], ["general", "major"])


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def wait(name: str, share: str = "0.5", grade: str = "all", sector: str = "all") -> float | None:
    return value("duban_hazard_wait_seconds", wait=name, share=share, grade=grade, sector=sector)


async def test_each_wait_ends_with_the_step_that_ends_it_and_lasting_ones_count(books: Books) -> None:
    done = open_since(2, "a").submitted(hour(12)).closed(hour(16))
    back = open_since(2, "b").submitted(hour(12)).returned(hour(18)).submitted(hour(38))
    await books.take([*done.records(), *back.records(), *found("c").records()])
    await gauges(books, 40).report()
    assert wait("response") == 2 * HOUR
    assert wait("rectification") == 10 * HOUR
    assert wait("rectification", "0.9") == 20 * HOUR
    # One was closed after 4 hours and one returned after 6; the third is looked at for 2 hours so far.
    assert wait("review", sector="hazchem") == 4 * HOUR
    assert wait("review", "0.9", grade="general") == 6 * HOUR


async def test_a_wait_of_more_than_a_month_ago_is_not_counted_and_its_series_goes(books: Books) -> None:
    await books.take(open_since(2, "a").submitted(hour(12)).closed(hour(16)).records())
    await gauges(books, 24).report()
    assert wait("review") == 4 * HOUR
    await gauges(books, 24 * 40).report()
    assert wait("review") is None


async def test_open_hazards_have_an_age_and_the_oldest_deadline_that_passed_is_told(books: Books) -> None:
    late = open_since(1, "a").overdue(hour(230))
    await books.take([*late.records(), *open_since(200, "b").records()])
    now = 24 * 12
    await gauges(books, now).report()
    assert value("duban_hazards_ageing", county=COUNTY, grade="general", age="8-15") == 1
    assert value("duban_hazards_ageing", county=COUNTY, grade="general", age="4-7") == 1
    assert value("duban_hazards_ageing", county=COUNTY, grade="major", age="4-7") == 0
    passed = (hour(now) - ZONE.end_of_day(date(2026, 11, 10))).total_seconds()
    assert value("duban_hazards_oldest_overdue_seconds", county=COUNTY) == passed > 0


def due(outcome: str) -> float | None:
    return value("duban_hazards_due", county=COUNTY, grade="general", outcome=outcome)


async def test_nobody_is_late_on_the_day_of_a_deadline_or_in_a_review_that_was_asked_for_in_time(books: Books) -> None:
    waiting, handed_in = open_since(1, "a"), open_since(1, "b").submitted(hour(20))
    await books.take([*waiting.records(), *handed_in.records()])
    await gauges(books, 24 * 9 + 1).report()
    assert (due("in_time"), due("in_review"), due("late")) == (0, 0, 0)
    await gauges(books, 24 * 10 + 1).report()
    assert (due("in_time"), due("in_review"), due("late")) == (0, 1, 1)


async def test_deadlines_of_the_last_month_are_met_or_late_as_the_published_rate_counts(books: Books) -> None:
    met = open_since(1, "a").submitted(hour(20)).closed(hour(30))
    missed = open_since(1, "b").overdue(hour(230))
    await books.take([*met.records(), *missed.records()])
    await gauges(books, 24 * 12).report()
    assert (due("in_time"), due("late")) == (1, 1)
    await gauges(books, 24 * 60).report()
    assert due("late") == 0
    assert value("duban_hazards_oldest_overdue_seconds", county=COUNTY) != 0
