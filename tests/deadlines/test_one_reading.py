"""One deadline, one reading: whoever says "late", "days left" or "in time" says what the scheduler says.

Each story is one that the ledger allows. The scheduler's own reckoning is held against the books of statistics, the
recomputation from history, the demo's audit, and the letters that its alarms ask for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.audit.reckoning import passed_unsubmitted
from duban_contracts.days import chinese_date
from duban_contracts.deadlines.reckoning import ClockState, Outcome, Reckoning
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionEvent, SupervisionOverdue
from duban_contracts.testing.calendar import ZONE
from duban_contracts.testing.stories import Story, registered
from services.notifications.letters.kinds.prompt import PROMPT
from services.notifications.letters.kinds.urging import URGING
from services.notifications.letters.model.kind import Writing
from services.notifications.tests.writing import CITY
from services.scheduler.alarms.model import Alarm, AlarmState, Due, Kind, passing
from services.scheduler.clocks.handlers.tell import payload_of
from services.scheduler.clocks.tables.clocks import Cause, Said
from services.scheduler.tests.builders import WEEKENDS_ONLY, clock_of
from services.scheduler.tests.clocks.histories import histories
from services.statistics.recompute.model import books_of, rates_of
from services.statistics.tests.stories import booked, history_of

pytestmark = pytest.mark.promise("P5")
WAITS = st.integers(min_value=0, max_value=40 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def as_history(story: Story, now: datetime) -> list[dict[str, Any]]:
    """The story as the ledger exports it, and another hazard's event at `now`, so that time has gone on."""
    told = [story, registered("later", now)]
    return [{**record, "payload": record["data"]} for record in history_of(told)]


def was_late(clock: Reckoning, now: datetime) -> bool:
    """Whether by the scheduler some deadline passed before `now`."""
    overrun = clock.state is ClockState.RUNNING and clock.deadline.due_at < now
    return overrun or any(each.outcome is Outcome.PASSED for each in clock.deadlines)


@given(story=histories())
def test_the_books_have_the_schedulers_last_day_and_verdict_after_every_event(story: Story) -> None:
    for step in booked(story).steps:
        clock = clock_of(Story(story.facts, story.events[: step.version])) if step.version > 1 else None
        if clock is None:
            assert (step.due_on, step.passed) == (None, None)
        else:
            assert step.due_on == WEEKENDS_ONLY.last_day(clock.deadline.due_at)
            assert step.passed == (clock.deadline.outcome is Outcome.PASSED)


@given(story=histories())
def test_the_recomputation_agrees_though_it_shares_nothing(story: Story) -> None:
    clock = clock_of(story)
    books = books_of(history_of([story]))
    again = books.hazards[story.facts.hazard_id]
    assert again.clock.last_day == WEEKENDS_ONLY.last_day(clock.deadline.due_at)
    assert again.clock.passed == (clock.deadline.outcome is Outcome.PASSED)
    [rates] = rates_of(books).values() or [None]
    if rates and rates["on_time_rate"][1]:
        in_time = again.closed_day is not None and clock.deadline.outcome is not Outcome.PASSED
        assert rates["on_time_rate"] == (int(in_time), 1)


@given(story=histories(), wait=WAITS)
def test_the_audit_of_the_demo_finds_exactly_the_deadlines_that_passed(story: Story, wait: timedelta) -> None:
    now = story.last.occurred_at + wait
    late = {story.facts.hazard_id} if was_late(clock_of(story), now) else set()
    assert passed_unsubmitted(as_history(story, now)) == late


@given(story=histories(), wait=WAITS)
def test_letters_name_the_day_that_counts_and_count_from_it(story: Story, wait: timedelta) -> None:
    clock, now = clock_of(story), story.last.occurred_at + wait
    deadline, today = clock.deadline, ZONE.day_of(now)
    due = Due(story.facts.as_subject(), deadline.number, deadline.deadline_on, deadline.due_at)
    said = Said(story.facts, Cause("e-1", None, None), clock.returned_at)
    event: SupervisionEvent
    if now >= due.at:
        event = payload_of(passing(due, AlarmState.RAISED, now), said, WEEKENDS_ONLY)
        assert isinstance(event, SupervisionOverdue)
        words = URGING.words(event, Writing(today, CITY))
        assert words["days"] == max(1, (today - WEEKENDS_ONLY.last_day(due.at)).days)
        assert words["days"] == max(1, 1 - WEEKENDS_ONLY.days_left(due.at, now))
    else:
        event = payload_of(Alarm(due, Kind.DUE_SOON, 1, now, AlarmState.RAISED, now), said, WEEKENDS_ONLY)
        assert isinstance(event, SupervisionDueSoon)
        words = PROMPT.words(event, Writing(today, CITY))
        assert words["days"] == WEEKENDS_ONLY.days_left(due.at, now) == event.days_left
    assert words["deadline"] == chinese_date(WEEKENDS_ONLY.last_day(due.at))
    assert bool(words["deadline_moved"]) == (WEEKENDS_ONLY.last_day(due.at) != deadline.deadline_on)
    assert (event.returned_on is None) == (clock.returned_at is None)
