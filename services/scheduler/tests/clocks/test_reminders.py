from __future__ import annotations

from datetime import date, datetime

import pytest

from duban_contracts.codec import decode
from duban_contracts.deadlines.calendar import CityDays, WorkingCalendar
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionOverdue
from duban_contracts.testing.calendar import ZONE, june, local
from duban_contracts.testing.stories import confirmed
from services.scheduler.alarms.model import AlarmState, Due, ahead, overtaken
from services.scheduler.clocks.handlers.plan import plan_reminders
from services.scheduler.clocks.model.policy import Policy
from services.scheduler.tests.bench import Bench
from services.scheduler.tests.builders import POLICY, clock_of, running


async def test_reminders_go_out_once_at_their_hour_on_a_working_day(bench: Bench) -> None:
    # Last day Sunday 14 June: three days before is Thursday the 11th, one day before moves to Friday the 12th.
    story = running(june(14))
    await bench.learn(story.records())
    await bench.at(local(11, 8, 59))
    assert await bench.kinds() == []
    await bench.at(local(11, 9))
    await bench.at(local(11, 9, 1))
    await bench.at(local(12, 9))
    reminders = [decode(event) for event in await bench.said()]
    assert [(r.days_left, r.raised_at) for r in reminders if isinstance(r, SupervisionDueSoon)] == [
        (4, local(11, 9)),
        (3, local(12, 9)),
    ]


async def test_after_a_long_sleep_only_the_nearest_reminder_is_sent_and_none_after_the_deadline(bench: Bench) -> None:
    story = running(june(19))
    await bench.learn(story.records())
    await bench.at(local(18, 17))
    assert await bench.kinds() == ["due_soon"]
    assert (await bench.alarm_states(story))["due_soon", 1, 3] == "lapsed"
    assert (await bench.alarm_states(story))["due_soon", 1, 1] == "raised"
    other = confirmed("hz-2", deadline_on=june(19))
    await bench.learn(other.records())
    await bench.at(local(20, 0, 1))
    assert sorted(await bench.kinds()) == ["due_soon", "overdue", "overdue"]
    assert set((await bench.alarm_states(other)).values()) == {"lapsed", "raised"}


async def test_an_alarm_says_the_day_that_counts_that_a_review_moved_it_and_when_the_claim_came_back(
    bench: Bench,
) -> None:
    # Handed in on Monday with all of Tuesday left, returned on Saturday: what is left ends with Sunday the 7th.
    await bench.learn(confirmed(deadline_on=june(2)).submitted(local(1, 12)).returned(local(6, 9)).records())
    await bench.learn(confirmed("plain", deadline_on=june(2)).records())
    for day in range(2, 9):
        await bench.at(local(day, 9))
    said = {
        event.hazard.hazard_id: (event.deadline_on, event.last_day, event.moved_by_review, event.returned_on)
        for event in map(decode, await bench.said())
        if isinstance(event, SupervisionOverdue) and event.hazard
    }
    assert said == {
        "hz-1": (june(2), june(7), True, june(6)),
        "plain": (june(2), june(2), False, None),
    }


def test_only_a_return_since_the_confirmation_or_reopening_counts() -> None:
    returned = confirmed(deadline_on=june(10)).submitted(local(2)).returned(local(3))
    assert clock_of(confirmed()).returned_at is None
    assert clock_of(returned.extended(local(4), june(20))).returned_at == local(3)
    again = returned.submitted(local(4)).closed(local(5)).reopened(local(8), date(2026, 6, 20))
    assert clock_of(again).returned_at is None


async def test_no_reminder_is_sent_during_review_or_after_the_close(bench: Bench) -> None:
    paused = confirmed("paused", deadline_on=june(10)).submitted(local(2))
    closed = confirmed("closed", deadline_on=june(10)).submitted(local(2)).closed(local(3))
    await bench.learn([*paused.records(), *closed.records()])
    await bench.at(local(9, 12))
    assert await bench.kinds() == []


async def replanned(bench: Bench, *days_off: int, now: datetime) -> None:
    """Enter these days of June as holidays at `now`, and start anew."""
    holiday = WorkingCalendar(frozenset({2026}), dict.fromkeys(map(june, days_off), "测试假日"), {})
    policy = Policy(CityDays(ZONE, holiday), POLICY.reminder_days, POLICY.reminder_time)
    await plan_reminders(bench.database, policy, repr((days_off, now)).encode(), now)
    await bench.at(now)


async def test_what_an_edited_calendar_pushes_into_the_past_is_sent_at_once_and_once(bench: Bench) -> None:
    # Case 11: confirmed on Monday with Friday as its last day; on Monday at noon Tuesday to Friday become holidays.
    story = confirmed(deadline_on=june(5))
    await bench.learn(story.records())
    await bench.at(local(1, 11))
    assert await bench.kinds() == []
    await replanned(bench, 2, 3, 4, 5, now=local(1, 12))
    assert await bench.kinds() == ["due_soon"]
    [reminder] = [decode(event) for event in await bench.said()]
    assert isinstance(reminder, SupervisionDueSoon)
    assert (reminder.days_left, reminder.due_at) == (5, ZONE.end_of_day(june(5)))
    await replanned(bench, 2, 3, 4, 5, 8, now=local(1, 13))
    for day in range(2, 6):
        await bench.at(local(day, 10))
    assert await bench.kinds() == ["due_soon"]
    await bench.at(local(6, 0, 1))
    assert await bench.kinds() == ["due_soon", "overdue"]


async def test_an_edited_calendar_says_nothing_of_what_is_over_or_in_review_or_was_said(bench: Bench) -> None:
    await bench.learn(confirmed("said", deadline_on=june(4)).records())
    await bench.learn(confirmed("review", deadline_on=june(5)).submitted(local(1, 11)).records())
    await bench.at(local(3, 9, 1))
    assert await bench.kinds() == ["due_soon"]
    await bench.learn(confirmed("over", deadline_on=june(2)).records())
    await replanned(bench, 3, 4, 5, now=local(3, 12))
    assert (await bench.kinds()).count("due_soon") == 1


async def test_a_reminder_that_waits_to_be_sent_at_once_is_taken_back_with_its_deadline(bench: Bench) -> None:
    story = confirmed(deadline_on=june(5))
    await bench.learn(story.records())
    holiday = WorkingCalendar(frozenset({2026}), dict.fromkeys(map(june, (2, 3, 4, 5)), "测试假日"), {})
    policy = Policy(CityDays(ZONE, holiday), POLICY.reminder_days, POLICY.reminder_time)
    await plan_reminders(bench.database, policy, b"edited", local(1, 12))
    await bench.learn(story.submitted(local(1, 12)).closed(local(1, 13)).records(first=story.version + 1))
    await bench.at(local(1, 14))
    assert await bench.kinds() == []


@pytest.mark.parametrize(
    ("moments", "now", "said"),
    [
        ({3: local(1, 9), 1: local(1, 9)}, local(1, 12), [1]),
        ({3: local(1, 9), 1: local(4, 9)}, local(1, 12), [3]),
        ({3: local(1, 12)}, local(1, 12), [3]),
        ({3: local(1, 9)}, local(6), []),
        ({3: local(2, 9), 1: local(4, 9)}, local(1, 12), []),
        ({}, local(1, 12), []),
    ],
)
def test_of_the_reminders_that_are_overtaken_the_nearest_is_said(
    moments: dict[int, datetime], now: datetime, said: list[int]
) -> None:
    story = confirmed(deadline_on=june(5))
    due = Due(story.facts.as_subject(), 1, june(5), ZONE.end_of_day(june(5)))
    planned = ahead(due, {3: local(2, 9), 1: local(4, 9)}, AlarmState.ARMED, since=local(1))
    found = overtaken(planned, moments, now)
    assert [alarm.days_before for alarm in found] == said
    assert all((alarm.fires_at, alarm.state) == (now, AlarmState.ARMED) for alarm in found)


async def test_an_edited_calendar_moves_the_reminders_ahead_once(bench: Bench) -> None:
    story = running(june(19))
    await bench.learn(story.records())
    holiday = WorkingCalendar(frozenset({2026}), {june(16): "测试假日", june(18): "测试假日"}, {})
    policy = Policy(CityDays(ZONE, holiday), POLICY.reminder_days, POLICY.reminder_time)
    assert await plan_reminders(bench.database, policy, b"edited", local(2)) == 1
    assert await plan_reminders(bench.database, policy, b"edited", local(2)) == 0
    async with bench.database.acquire() as connection:
        rows = await connection.fetch("SELECT fires_at FROM alarm WHERE kind = 'due_soon' AND state = 'armed'")
    assert sorted(row["fires_at"] for row in rows) == [local(15, 9), local(17, 9)]
