from __future__ import annotations

import asyncio
from datetime import timedelta

from prometheus_client import REGISTRY

from duban_contracts.catalogue import decode
from duban_contracts.events.supervision import SupervisionDueSoon, SupervisionOverdue
from services.scheduler.application.plan_reminders import plan_reminders
from services.scheduler.domain.alarms import AlarmKey, Kind
from services.scheduler.domain.calendar import WorkingCalendar
from services.scheduler.domain.policy import Policy
from services.scheduler.tests.builders import POLICY, Story, june, local
from services.scheduler.tests.conftest import Bench, bench_on

MOMENT = timedelta(milliseconds=1)


def confirmed(hazard_id: str = "hz-1") -> Story:
    """Confirmed on Monday 1 June with Wednesday the 3rd as its last day: no reminder but that of the 2nd."""
    return Story(hazard_id).registered(local(1, 8)).confirmed(local(1, 10), june(3))


def metric(name: str, labels: dict[str, str] | None = None) -> float:
    value = REGISTRY.get_sample_value(name, labels or {})
    assert value is not None
    return value


async def test_a_passed_deadline_is_raised_once(bench: Bench) -> None:
    story = confirmed()
    await bench.learn(story.records())
    await bench.at(local(3, 23, 59))
    assert await bench.kinds() == ["due_soon"]
    for minutes in range(3):
        await bench.at(local(4, 0, minutes + 1))
    assert await bench.kinds() == ["due_soon", "overdue"]


async def test_the_event_says_which_deadline_passed_when_and_what_it_followed_from(bench: Bench) -> None:
    story = confirmed()
    await bench.learn(story.records())
    await bench.at(local(4, 0, 1))
    event = (await bench.said())[0]
    overdue = decode(event)
    assert isinstance(overdue, SupervisionOverdue)
    assert overdue.hazard == story.facts
    assert (overdue.deadline_number, overdue.deadline_on) == (1, june(3))
    assert (overdue.due_at, overdue.raised_at) == (local(4), local(4, 0, 1))
    assert event.id == str(AlarmKey("hz-1", 1, Kind.OVERDUE).event_id)
    assert (event.subject, event.partitionkey, event.aggregateversion) == ("hz-1", "hz-1", None)
    assert (event.correlationid, event.causationid) == ("claim-hz-1", "hz-1-2")


async def test_nothing_is_raised_before_the_ledger_is_known_to_be_through(bench: Bench) -> None:
    await bench.learn(confirmed().records())
    bench.clock.set(local(4, 1))
    await bench.tick()
    assert "overdue" not in await bench.kinds()  # no heartbeat yet
    await bench.hear(local(4) + MOMENT, range(11))
    await bench.tick()
    assert "overdue" not in await bench.kinds()  # one partition has not spoken
    await bench.hear(local(4), [11])
    await bench.tick()
    assert "overdue" not in await bench.kinds()  # a claim of this very instant may still be on its way
    await bench.hear(local(4) + MOMENT, [11])
    await bench.tick()
    assert (await bench.kinds())[-1] == "overdue"


async def test_an_older_heartbeat_never_takes_back_a_newer_one(bench: Bench) -> None:
    await bench.learn(confirmed().records())
    await bench.hear(local(4, 1))
    await bench.hear(local(2))
    bench.clock.set(local(4, 1))
    await bench.tick()
    assert (await bench.kinds())[-1] == "overdue"


async def test_a_submission_in_time_that_is_learnt_late_gets_no_alarm(bench: Bench) -> None:
    story = confirmed().submitted(local(4), learnt_at=local(4, 2))
    await bench.learn(story.records()[:2])
    bench.clock.set(local(4, 1))
    await bench.hear(local(3, 23, 59))
    await bench.tick()
    await bench.learn(story.records(first=3))
    await bench.at(local(4, 3))
    assert "overdue" not in await bench.kinds()
    assert (await bench.alarm_states(story))["overdue", 1, 0] == "held"


async def test_a_submission_after_the_deadline_does_not_prevent_the_alarm(bench: Bench) -> None:
    story = confirmed().submitted(local(4, 1))
    await bench.learn(story.records())
    await bench.at(local(4, 2))
    assert await bench.kinds() == ["overdue"]


async def test_a_hazard_that_was_closed_or_extended_gets_no_alarm(bench: Bench) -> None:
    closed = confirmed("closed").submitted(local(2)).closed(local(3))
    extended = confirmed("extended").extended(local(3), june(10))
    late = confirmed("late").submitted(local(4, 1)).closed(local(4, 2))
    for story in (closed, extended, late):
        for record in story.records():
            await bench.learn([record])
    await bench.at(local(5))
    assert await bench.kinds() == []
    assert (await bench.alarm_states(closed))["overdue", 1, 0] == "withdrawn"
    assert (await bench.alarm_states(late))["overdue", 1, 0] == "excused"
    await bench.at(local(11, 0, 1))
    raised = [decode(event) for event in await bench.said()]
    assert [(e.hazard.hazard_id, e.deadline_number) for e in raised if isinstance(e, SupervisionOverdue)] == [
        ("extended", 2)
    ]


async def test_a_returned_hazard_is_raised_when_what_was_left_is_used_up(bench: Bench) -> None:
    story = confirmed().submitted(local(2, 12)).returned(local(8, 9))
    await bench.learn(story.records())
    await bench.at(local(9, 23, 59))  # 36 hours were left: until the evening of the 9th, so the end of that day
    assert "overdue" not in await bench.kinds()
    await bench.at(local(10, 0, 1))
    assert (await bench.kinds())[-1] == "overdue"


async def test_a_returned_hazard_that_was_overdue_already_gets_no_second_alarm(bench: Bench) -> None:
    story = confirmed()
    await bench.learn(story.records())
    await bench.at(local(4, 0, 1))
    await bench.learn(story.submitted(local(5)).returned(local(6)).overdue(local(6), june(3)).records(first=3))
    await bench.at(local(20))
    assert (await bench.kinds()).count("overdue") == 1
    assert (await bench.alarm_states(story))["overdue", 1, 0] == "raised"


async def test_what_was_raised_stays_raised_whatever_comes_after(bench: Bench) -> None:
    story = confirmed()
    await bench.learn(story.records())
    await bench.at(local(4, 0, 1))
    await bench.learn(story.overdue(local(4, 0, 2), june(3)).extended(local(5), june(10)).records(first=3))
    await bench.at(local(6))
    assert (await bench.alarm_states(story))["overdue", 1, 0] == "raised"
    async with bench.database.acquire() as connection:
        raised_at = await connection.fetchval("SELECT raised_at FROM alarm WHERE state = 'raised'")
    assert raised_at == local(4, 0, 1)
    assert (await bench.kinds()).count("overdue") == 1


async def test_a_scheduler_that_slept_over_a_deadline_raises_it_once_when_it_wakes(bench: Bench) -> None:
    await bench.learn(confirmed().records())
    await bench.at(local(20))
    woken = bench_on(bench.database, bench.clock)
    await woken.tick()
    assert await bench.kinds() == ["overdue"]


async def test_two_clock_roles_at_once_raise_each_deadline_once(bench: Bench) -> None:
    stories = [confirmed(f"hz-{n}") for n in range(1200)]
    await bench.learn([record for story in stories for record in story.records()])
    bench.clock.set(local(4, 1))
    await bench.hear(local(4, 1))
    other = bench_on(bench.database, bench.clock)
    counts = await asyncio.gather(*(b.raiser.raise_overdue() for b in (bench, other, bench, other)))
    assert sum(counts) == 1200
    ids = [event.id for event in await bench.said()]
    assert len(ids) == len(set(ids)) == 1200


async def test_a_rebuilt_database_says_nothing_again_that_the_ledger_took_note_of(bench: Bench) -> None:
    story = confirmed().overdue(local(4, 0, 1), june(3))
    await bench.learn(story.records())
    await bench.at(local(6))
    assert await bench.kinds() == []


async def test_a_hazard_whose_history_has_a_gap_is_not_accused(bench: Bench) -> None:
    await bench.learn([*confirmed("parked").records(), *confirmed("given-up").records()])
    async with bench.database.transaction() as connection:
        await connection.execute(
            """INSERT INTO parked_event (consumer, aggregate, version, topic, partition, "offset", timestamp, value,
                                         headers)
               VALUES ('scheduler.hazards', 'parked', 4, 't', 0, 1, now(), '', '')"""
        )
        await connection.execute(
            """INSERT INTO dead_letter (consumer, topic, partition, "offset", timestamp, key, headers, code, reason,
                                        refused, attempts)
               VALUES ('scheduler.hazards', 't', 0, 2, now(), 'given-up', '', 'c', 'r', false, 1)"""
        )
    await bench.at(local(5))
    assert await bench.kinds() == []
    audit = await bench.auditor.look()
    assert {finding.reason for finding in audit.missed} == {"history_incomplete"}
    async with bench.database.transaction() as connection:
        await connection.execute("DELETE FROM parked_event")
        await connection.execute("UPDATE dead_letter SET state = 'dropped', resolved_at = now()")
    await bench.tick()
    assert await bench.kinds() == ["overdue", "overdue"]


async def test_reminders_go_out_once_at_their_hour_on_a_working_day(bench: Bench) -> None:
    # Last day Sunday 14 June: three days before is Thursday the 11th, one day before moves to Friday the 12th.
    story = Story().registered(local(1, 8)).confirmed(local(1, 9), june(14))
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
    story = Story().registered(local(1, 8)).confirmed(local(1, 9), june(19))
    await bench.learn(story.records())
    await bench.at(local(18, 17))
    assert await bench.kinds() == ["due_soon"]
    assert (await bench.alarm_states(story))["due_soon", 1, 3] == "lapsed"
    assert (await bench.alarm_states(story))["due_soon", 1, 1] == "raised"
    other = Story("hz-2").registered(local(1, 8)).confirmed(local(1, 9), june(19))
    await bench.learn(other.records())
    await bench.at(local(20, 0, 1))
    assert sorted(await bench.kinds()) == ["due_soon", "overdue", "overdue"]
    assert set((await bench.alarm_states(other)).values()) == {"lapsed", "raised"}


async def test_no_reminder_is_sent_during_review_or_after_the_close(bench: Bench) -> None:
    paused = Story("paused").registered(local(1, 8)).confirmed(local(1, 9), june(10)).submitted(local(2))
    closed = (
        Story("closed").registered(local(1, 8)).confirmed(local(1, 9), june(10)).submitted(local(2)).closed(local(3))
    )
    await bench.learn([*paused.records(), *closed.records()])
    await bench.at(local(9, 12))
    assert await bench.kinds() == []


async def test_an_edited_calendar_moves_the_reminders_ahead_once(bench: Bench) -> None:
    story = Story().registered(local(1, 8)).confirmed(local(1, 9), june(19))
    await bench.learn(story.records())
    holiday = WorkingCalendar(frozenset({2026}), {june(16): "测试假日", june(18): "测试假日"}, {})
    policy = Policy(holiday, POLICY.roll, POLICY.reminder_days, POLICY.reminder_time)
    assert await plan_reminders(bench.database, policy, b"edited", local(2)) == 1
    assert await plan_reminders(bench.database, policy, b"edited", local(2)) == 0
    async with bench.database.acquire() as connection:
        rows = await connection.fetch("SELECT fires_at FROM alarm WHERE kind = 'due_soon' AND state = 'armed'")
    assert sorted(row["fires_at"] for row in rows) == [local(15, 9), local(17, 9)]


async def test_the_metrics_show_what_was_raised_and_what_waits(bench: Bench) -> None:
    before = metric("duban_supervision_raised_total", {"kind": "overdue"})
    await bench.learn(confirmed().records())
    bench.clock.set(local(4, 1))
    await bench.tick()  # the ledger is silent: the alarm waits and the metric stands still
    assert metric("duban_supervision_oldest_unraised_timestamp_seconds") == local(4).timestamp()
    await bench.at(local(4, 1))
    assert metric("duban_supervision_oldest_unraised_timestamp_seconds") == local(4, 1).timestamp()
    assert metric("duban_supervision_raised_total", {"kind": "overdue"}) == before + 1


async def test_the_audit_finds_a_deadline_that_passed_without_its_event(bench: Bench) -> None:
    await bench.learn(confirmed().records())
    bench.clock.set(local(4) + timedelta(seconds=31))
    await bench.hear(local(3))
    audit = await bench.auditor.run_once()
    assert [(f.hazard_id, f.reason) for f in audit.missed] == [("hz-1", "ledger_behind")]
    assert metric("duban_supervision_missed") == 1
    await bench.hear(local(4, 1))
    assert [f.reason for f in (await bench.auditor.look()).missed] == ["not_raised"]
    await bench.tick()
    assert (await bench.auditor.run_once()).missed_total == 0
    assert metric("duban_supervision_missed") == 0


async def test_the_audit_finds_clocks_that_disagree_with_their_alarms(bench: Bench) -> None:
    stories = {name: confirmed(name) for name in ("gone", "held", "moved", "paused", "accused", "sound")}
    stories["paused"].submitted(local(2))
    stories["accused"].submitted(local(2))
    await bench.learn([record for story in stories.values() for record in story.records()])
    assert (await bench.auditor.run_once()).comparison.findings == ()  # type: ignore[union-attr]
    async with bench.database.transaction() as connection:
        for statement in (
            "DELETE FROM alarm WHERE hazard_id = 'gone'",
            "UPDATE alarm SET state = 'held' WHERE hazard_id = 'held'",
            "UPDATE alarm SET due_at = due_at + interval '1 day' WHERE hazard_id = 'moved'",
            "UPDATE alarm SET state = 'armed' WHERE hazard_id = 'paused'",
            "UPDATE alarm SET state = 'raised', raised_at = due_at WHERE hazard_id = 'accused'",
        ):
            await connection.execute(statement)
    comparison = (await bench.auditor.run_once()).comparison
    assert comparison is not None
    assert comparison.clocks_checked == 6
    assert {f.hazard_id: f.reason for f in comparison.findings} == {
        "gone": "alarm_missing",
        "held": "not_armed",
        "moved": "due_differs",
        "paused": "armed_though_paused",
        "accused": "raised_in_error",
    }
