"""Policies, and stories folded into reckonings, for the scheduler's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Final

from duban_contracts.deadlines.calendar import CityDays, WorkingCalendar
from duban_contracts.deadlines.fold import advance
from duban_contracts.deadlines.reckoning import Reckoning
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Grade
from duban_contracts.testing.calendar import ZONE, june, local
from duban_contracts.testing.stories import Story, registered
from services.scheduler.clocks.model.policy import Policy

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)

WEEKENDS_ONLY: Final = CityDays(ZONE, WorkingCalendar(frozenset({2024, 2025, 2026, 2027}), {}, {}))
POLICY: Final = Policy(
    days=WEEKENDS_ONLY,
    reminder_days={Grade.GENERAL: (3, 1), Grade.MAJOR: (7, 3, 1)},
    reminder_time=time(9),
)


def running(last_day: date | None = None, *, grade: Grade = Grade.GENERAL) -> Story:
    """Confirmed on Monday 1 June at nine, with the 10th as its last day unless another is given."""
    return registered().confirmed(local(1, 9), last_day or june(10), grade=grade)


def fold(events: Sequence[tuple[int, HazardEvent]], days: CityDays = WEEKENDS_ONLY) -> Reckoning | None:
    reckoning = None
    for version, event in events:
        reckoning = advance(reckoning, event, version=version, days=days)
    return reckoning


def clock_of(story: Story, days: CityDays = WEEKENDS_ONLY) -> Reckoning:
    reckoning = fold(story.versions(), days)
    assert reckoning is not None
    return reckoning
