"""One deadline, one reading: whoever says "late", "days left" or "in time" says what the scheduler says.

Each story is one that the ledger allows, in a city that leaves deadlines on days off where they are, and in two that move
them. The scheduler's own reckoning is held against the books of statistics, the recomputation from history, the demo's
audit, and the letters that its alarms ask for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.audit.days_off import Moved, moved_by
from deploy.demo.audit.reckoning import passed_unsubmitted
from duban_contracts.codec import decode
from duban_contracts.days import chinese_date
from duban_contracts.deadlines.calendar import (
    CalendarFile,
    CityDays,
    PolicyFile,
    Reminders,
    Roll,
    WorkingCalendar,
    load_days,
)
from duban_contracts.deadlines.reckoning import ClockState, Outcome, Reckoning
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionEvent, SupervisionOverdue
from duban_contracts.testing.calendar import ZONE, june, local
from duban_contracts.testing.stories import Story, registered
from services.notifications.letters.kinds.follow_up_urging import FOLLOW_UP_URGING
from services.notifications.letters.kinds.prompt import PROMPT
from services.notifications.letters.kinds.urging import URGING
from services.notifications.letters.model.kind import Writing
from services.notifications.tests.writing import CITY
from services.scheduler.alarms.model import Alarm, AlarmState, Cause, Due, Kind, passing
from services.scheduler.clocks.handlers.tell import payload_of
from services.scheduler.clocks.tables.clocks import HazardClock
from services.scheduler.followups.documents import FollowUpDocument
from services.scheduler.followups.handlers import event_of
from services.scheduler.followups.model import after, changes, told_of
from services.scheduler.followups.tables import Listed
from services.scheduler.tests.builders import clock_of
from services.scheduler.tests.clocks.histories import histories
from services.scheduler.tests.followups.told import accident
from services.statistics.recompute.handlers import days_of
from services.statistics.recompute.model import Days, books_of, rates_of
from services.statistics.tests.stories import booked, history_of

pytestmark = pytest.mark.promise("P5")
WAITS = st.integers(min_value=0, max_value=40 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
# Days off in the middle of weeks, and a Saturday that is worked.
CALENDAR = WorkingCalendar(
    frozenset({2026, 2027}),
    {june(day): "虚构假期" for day in (8, 9, 10, 19)},
    {june(13): "虚构调休"},
)


@dataclass(frozen=True)
class Town:
    """A city as each reading knows it: the scheduler and the books, the recomputation, the demo's audit."""

    days: CityDays
    again: Days
    moved: Moved

    def tell(self, data: st.DataObject) -> tuple[Story, Reckoning]:
        """Draw a history that this city's ledger allows; return it with the scheduler's reckoning of it."""
        story = data.draw(histories(self.days))
        return story, clock_of(story, self.days)


@pytest.fixture(scope="module", params=list(Roll))
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The same profile, read by everybody for himself."""
    profile = tmp_path_factory.mktemp("profile")
    reminders = Reminders(time="09:00", days_before={})
    written = {
        "calendar.json": CalendarFile(
            source="虚构", years=[2026, 2027], holidays=dict(CALENDAR.holidays), workdays=dict(CALENDAR.workdays)
        ),
        "policy.json": PolicyFile(roll=request.param, reminders=reminders),
    }
    for name, document in written.items():
        (profile / name).write_bytes(msgspec.json.encode(document))
    return Town(load_days(profile, ZONE), days_of(profile), moved_by(profile))


def as_history(story: Story, now: datetime) -> list[dict[str, Any]]:
    """The story as the ledger exports it, and another hazard's event at `now`, so that time has gone on."""
    told = [story, registered("later", now)]
    return [{**record, "payload": record["data"]} for record in history_of(told)]


def was_late(clock: Reckoning, now: datetime) -> bool:
    """Whether by the scheduler some deadline passed before `now`."""
    overrun = clock.state is ClockState.RUNNING and clock.deadline.due_at < now
    return overrun or has_passed(clock)


def has_passed(clock: Reckoning) -> bool:
    """Whether by the scheduler any deadline has passed, the one in force or one before it."""
    return any(each.outcome is Outcome.PASSED for each in clock.deadlines)


def missed_on(clock: Reckoning, days: CityDays) -> tuple[date, ...]:
    """The last days of the deadlines before the one in force that passed."""
    return tuple(days.last_day(each.due_at) for each in clock.deadlines[:-1] if each.outcome is Outcome.PASSED)


@given(data=st.data())
def test_the_books_have_the_schedulers_last_day_and_verdict_after_every_event(town: Town, data: st.DataObject) -> None:
    story, _ = town.tell(data)
    for step in booked(story, town.days).steps:
        clock = clock_of(Story(story.facts, story.events[: step.version]), town.days) if step.version > 1 else None
        if clock is None:
            assert (step.due_on, step.passed, step.missed_on) == (None, None, ())
        else:
            assert step.due_on == town.days.last_day(clock.deadline.due_at)
            assert step.passed == has_passed(clock)
            assert step.missed_on == missed_on(clock, town.days)


@given(data=st.data())
def test_the_recomputation_agrees_though_it_shares_nothing(town: Town, data: st.DataObject) -> None:
    story, clock = town.tell(data)
    books = books_of(history_of([story]), town.again)
    again = books.hazards[story.facts.hazard_id]
    assert again.clock.last_day == town.days.last_day(clock.deadline.due_at)
    assert again.clock.passed == (clock.deadline.outcome is Outcome.PASSED)
    assert (again.clock.was_late, tuple(again.clock.missed)) == (has_passed(clock), missed_on(clock, town.days))
    [rates] = rates_of(books).values() or [None]
    if rates and rates["on_time_rate"][1]:
        in_time = again.closed_day is not None and not has_passed(clock)
        assert rates["on_time_rate"] == (int(in_time), 1)


@given(data=st.data(), wait=WAITS)
def test_the_audit_of_the_demo_finds_exactly_the_deadlines_that_passed(
    town: Town, data: st.DataObject, wait: timedelta
) -> None:
    story, clock = town.tell(data)
    now = story.last.occurred_at + wait
    late = {story.facts.hazard_id} if was_late(clock, now) else set()
    assert passed_unsubmitted(as_history(story, now), town.moved) == late


@given(data=st.data(), wait=WAITS)
def test_letters_name_the_day_that_counts_and_count_from_it(town: Town, data: st.DataObject, wait: timedelta) -> None:
    story, clock = town.tell(data)
    now, days = story.last.occurred_at + wait, town.days
    deadline, today = clock.deadline, ZONE.day_of(now)
    due = Due(story.facts.as_subject(), deadline.number, deadline.deadline_on, deadline.due_at)
    said = HazardClock(clock, story.facts, Cause("e-1", None, None)).said
    event: SupervisionEvent
    if now >= due.at:
        event = payload_of(passing(due, AlarmState.RAISED, now), said, days)
        assert isinstance(event, SupervisionOverdue)
        words = URGING.words(event, Writing(today, CITY))
        assert words["days"] == max(1, (today - days.last_day(due.at)).days)
        assert words["days"] == max(1, 1 - days.days_left(due.at, now))
    else:
        event = payload_of(Alarm(due, Kind.DUE_SOON, 1, now, AlarmState.RAISED, now), said, days)
        assert isinstance(event, SupervisionDueSoon)
        words = PROMPT.words(event, Writing(today, CITY))
        assert words["days"] == days.days_left(due.at, now) == event.days_left
    assert words["deadline"] == chinese_date(days.last_day(due.at))
    assert bool(words["deadline_moved"]) == (days.last_day(due.at) != deadline.deadline_on)
    assert event.moved_by_review == (due.at > days.passes_at(due.on, deadline.set_at))
    assert (event.returned_on is None) == (clock.returned_at is None)


@given(day=st.integers(1, 30), wait=WAITS)
def test_a_follow_up_is_late_from_the_instant_at_which_its_alarm_fires_and_its_letter_counts_from_that(
    town: Town, day: int, wait: timedelta
) -> None:
    told = told_of(accident().measure(local(1), june(day)).events[-1], None, Cause("e-1", None, None))
    assert told is not None
    [owed] = after({}, told, town.days)
    [alarm] = changes(None, owed)
    now = local(1) + wait
    assert FollowUpDocument.of(Listed(owed, None), now).late == (alarm.fires_at <= now)
    if alarm.fires_at <= now:
        event = decode(event_of(replace(alarm, state=AlarmState.RAISED, raised_at=now), owed, town.days))
        assert isinstance(event, SupervisionOverdue)
        words, last = FOLLOW_UP_URGING.words(event, Writing(ZONE.day_of(now), CITY)), town.days.last_day(owed.due_at)
        assert (words["deadline"], words["days"]) == (chinese_date(last), max(1, (ZONE.day_of(now) - last).days))


@given(data=st.data())
def test_whatever_rolls_no_deadline_has_passed_when_it_is_set(town: Town, data: st.DataObject) -> None:
    _, clock = town.tell(data)
    assert all(deadline.due_at > deadline.set_at for deadline in clock.deadlines)
