from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.stories import confirmed
from services.chassis.publishing.outbox import pack_headers
from services.scheduler.alarms.model import AlarmKey, Kind
from services.scheduler.clocks.model.called_for import NAMESPACE
from services.scheduler.tests.bench import Bench, bench_on

pytestmark = pytest.mark.promise("P3")

MOMENT = timedelta(milliseconds=1)


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
    facts = story.facts
    assert (overdue.about, overdue.hazard) == (facts.as_subject(), facts)
    assert (overdue.county, overdue.sector, overdue.unit) == (facts.county, facts.sector, facts.responsible_unit)
    assert (overdue.deadline_number, overdue.deadline_on) == (1, june(3))
    assert (overdue.due_at, overdue.raised_at) == (local(4), local(4, 0, 1))
    assert event.id == str(AlarmKey("hazard", "hz-1", 1, Kind.OVERDUE).event_id(NAMESPACE))
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
    assert [(e.about.id, e.deadline_number) for e in raised if isinstance(e, SupervisionOverdue)] == [("extended", 2)]


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
    story = story.submitted(local(5)).returned(local(6)).overdue(local(6), june(3))
    await bench.learn(story.records(first=3))
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


async def test_one_batch_leaves_the_same_rows_as_one_event_at_a_time(bench: Bench) -> None:
    whole, single = (
        confirmed(name).submitted(local(2)).returned(local(2, 9)).extended(local(3), june(10)).planned(local(4))
        for name in ("whole", "single")
    )
    await bench.learn(whole.records())
    for record in single.records():
        await bench.learn([record])
    assert await bench.alarm_states(whole) == await bench.alarm_states(single)
    async with bench.database.acquire() as connection:
        rows = await connection.fetch("SELECT version, state, due_at, reckoning - 'hazard_id' AS r FROM hazard_clock")
    assert len(rows) == 2
    assert tuple(rows[0]) == tuple(rows[1])


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
    counts = await asyncio.gather(*(b.raise_passed() for b in (bench, other, bench, other)))
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
               VALUES ('scheduler.hazards', 'parked', 4, 't', 0, 1, now(), '', $1)""",
            pack_headers([]),
        )
        await connection.execute(
            """INSERT INTO dead_letter (consumer, topic, partition, "offset", timestamp, key, headers, code, reason,
                                        refused, attempts)
               VALUES ('scheduler.hazards', 't', 0, 2, now(), 'given-up', $1, 'c', 'r', false, 1)""",
            pack_headers([]),
        )
    await bench.at(local(5))
    assert await bench.kinds() == []
    audit = await bench.look()
    assert {finding.reason for finding in audit.missed} == {"history_incomplete"}
    async with bench.database.transaction() as connection:
        await connection.execute("DELETE FROM parked_event")
        await connection.execute("UPDATE dead_letter SET state = 'dropped', resolved_at = now()")
    await bench.tick()
    assert await bench.kinds() == ["overdue", "overdue"]
