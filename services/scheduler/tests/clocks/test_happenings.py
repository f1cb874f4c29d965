"""A reckoning of bare happenings, such as the books keep, is the scheduler's reckoning of the events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from duban_contracts.deadlines.fold import Happening, happening, reckon
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.stories import Story
from services.scheduler.tests.builders import WEEKENDS_ONLY, fold
from services.scheduler.tests.clocks.histories import histories


@given(histories())
def test_happenings_come_to_the_reckoning_of_their_events(story: Story) -> None:
    events = story.versions()
    reckoned = reckon(story.facts.hazard_id, [happening(event) for _, event in events], WEEKENDS_ONLY)
    expected = fold(events)
    assert expected is not None
    # Grades are no happening: reminders need them, deadlines don't.
    assert reckoned == replace(expected, grade=None)


def test_nothing_that_happened_is_no_clock() -> None:
    assert reckon("h-1", [], WEEKENDS_ONLY) is None


@pytest.mark.parametrize("kind", ["registered", "extended", "reopened", "overdue"])
def test_only_a_confirmation_starts_a_clock(kind: str) -> None:
    assert reckon("h-1", [Happening(kind, local(1, 9), june(10))], WEEKENDS_ONLY) is None
    assert reckon("h-1", [Happening("confirmed", local(1, 9))], WEEKENDS_ONLY) is None
