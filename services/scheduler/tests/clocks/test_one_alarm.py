"""Promise P3 on values: whatever happens to a hazard and whenever the scheduler looks, each deadline has its one alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.deadlines.fold import advance
from duban_contracts.deadlines.reckoning import ClockState, Outcome, Reckoning
from duban_contracts.events.hazards import HazardEvent, HazardSubmitted
from duban_contracts.testing.stories import Story
from services.scheduler.alarms.model import Alarm, AlarmKey, AlarmState, Kind
from services.scheduler.clocks.model.called_for import changes
from services.scheduler.tests.builders import POLICY
from services.scheduler.tests.clocks.histories import histories

AWAKE = st.lists(st.booleans(), min_size=40, max_size=40)
LONG_AFTER = timedelta(days=90)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
Table = dict[AlarmKey, Alarm]


def look(table: Table, known_through: datetime) -> list[AlarmKey]:
    """Raise what is due as the clock role does: strictly before what is known. Return what was raised now."""
    due = [
        key
        for key, alarm in table.items()
        if key.kind is Kind.OVERDUE and alarm.state is AlarmState.ARMED and alarm.fires_at < known_through
    ]
    for key in due:
        table[key] = replace(table[key], state=AlarmState.RAISED, raised_at=known_through)
    return due


def write(table: Table, alarms: list[Alarm]) -> None:
    """Write as the table does: what was raised stays as it is."""
    table |= {a.key: a for a in alarms if a.key not in table or table[a.key].state is not AlarmState.RAISED}


def reached_broker_at(event: HazardEvent) -> datetime:
    """Return the instant that bounds the heartbeats ahead of `event`: they can't promise what isn't applied yet."""
    return event.submitted_at if isinstance(event, HazardSubmitted) else event.occurred_at


def told(story: Story, awake: list[bool]) -> tuple[Reckoning, Table, list[AlarmKey]]:
    """Return the reckoning, the alarms, and everything that was raised; asleep, the scheduler learns and says nothing."""
    table: Table = {}
    raised: list[AlarmKey] = []
    reckoning: Reckoning | None = None
    for (version, event), looks in zip(story.versions(), awake, strict=False):
        if looks:
            raised += look(table, reached_broker_at(event))
        before, reckoning = reckoning, advance(reckoning, event, version=version, days=POLICY.days)
        if reckoning is not None:
            write(table, changes(before, reckoning, story.facts.number, POLICY))
    raised += look(table, story.last.occurred_at + LONG_AFTER)
    assert reckoning is not None
    return reckoning, table, raised


@pytest.mark.promise("P3")
@given(story=histories(), awake=AWAKE)
def test_a_deadline_is_raised_at_most_once_and_only_if_it_passed(story: Story, awake: list[bool]) -> None:
    reckoning, table, raised = told(story, awake)
    assert len(raised) == len(set(raised))
    for key in raised:
        deadline = reckoning.deadlines[key.deadline_number - 1]
        still_runs_out = deadline is reckoning.deadline and reckoning.state is ClockState.RUNNING
        wrong_and_passed = deadline.outcome is Outcome.CORRECTED and deadline.due_at < (deadline.settled_at or LONG_AGO)
        assert (
            deadline.outcome is Outcome.PASSED
            or wrong_and_passed
            or (deadline.outcome is Outcome.OPEN and still_runs_out)
        )
        assert table[key].state is AlarmState.RAISED


@pytest.mark.promise("P3")
@given(story=histories(), awake=AWAKE)
def test_every_deadline_that_passed_is_raised_or_accounted_for(story: Story, awake: list[bool]) -> None:
    reckoning, table, _ = told(story, awake)
    for deadline in reckoning.deadlines:
        alarm = table[AlarmKey("hazard", reckoning.hazard_id, deadline.number, Kind.OVERDUE)]
        if deadline.outcome is Outcome.PASSED:
            assert alarm.state in {AlarmState.RAISED, AlarmState.EXCUSED}
            assert alarm.state is AlarmState.RAISED or not deadline.noted_at
        elif deadline.outcome is Outcome.CORRECTED:
            assert alarm.state in {AlarmState.RAISED, AlarmState.WITHDRAWN}
        elif deadline.outcome is not Outcome.OPEN:
            assert alarm.state is AlarmState.WITHDRAWN


@pytest.mark.promise("P3")
@given(story=histories())
def test_a_scheduler_that_never_sleeps_excuses_nothing(story: Story) -> None:
    _, table, _ = told(story, [True] * 40)
    assert AlarmState.EXCUSED not in {alarm.state for alarm in table.values()}
