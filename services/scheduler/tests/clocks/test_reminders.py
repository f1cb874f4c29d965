from __future__ import annotations

from duban_contracts.codec import decode
from duban_contracts.events.supervision import SupervisionDueSoon
from duban_contracts.testing.calendar import ZONE, june, local
from duban_contracts.testing.stories import confirmed
from services.scheduler.calendar.model import CityDays, WorkingCalendar
from services.scheduler.clocks.handlers.plan import plan_reminders
from services.scheduler.clocks.model.policy import Policy
from services.scheduler.tests.bench import Bench
from services.scheduler.tests.builders import POLICY, running


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


async def test_no_reminder_is_sent_during_review_or_after_the_close(bench: Bench) -> None:
    paused = confirmed("paused", deadline_on=june(10)).submitted(local(2))
    closed = confirmed("closed", deadline_on=june(10)).submitted(local(2)).closed(local(3))
    await bench.learn([*paused.records(), *closed.records()])
    await bench.at(local(9, 12))
    assert await bench.kinds() == []


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
