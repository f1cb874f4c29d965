"""A reckoning of bare happenings, such as the books keep, is the scheduler's reckoning of the events."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from duban_contracts.deadlines.fold import happening, reckon
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
