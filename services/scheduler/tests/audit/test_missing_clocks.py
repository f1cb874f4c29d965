"""Case 05: a hazard that is confirmed in the ledger and has no clock here is found, and counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.stories import confirmed
from duban_contracts.topics import TopicFamily
from services.chassis.consuming.dead_letters import DeadLetter, write
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.stored_records import RECORD
from services.chassis.publishing.outbox import outgoing
from services.scheduler.clocks.handlers.keep import CONSUMER
from services.scheduler.tests.bench import Bench, metric

pytestmark = pytest.mark.promise("P3")


def record(event: CloudEvent, offset: int = 1) -> RawRecord:
    message = outgoing(TopicFamily.HAZARD, event)
    return RawRecord(message.topic, 0, offset, local(1), message.key, message.value, message.headers)


async def given_up(bench: Bench, event: CloudEvent, offset: int = 1) -> None:
    async with bench.database.transaction() as connection:
        await write(connection, CONSUMER, "", DeadLetter(record(event, offset), "unexpected-error", "OverflowError"))


async def parked(bench: Bench, event: CloudEvent, *, for_seconds: int) -> None:
    since = datetime.now(UTC) - timedelta(seconds=for_seconds)
    async with bench.database.transaction() as connection:
        await connection.execute(
            f"""INSERT INTO parked_event (consumer, aggregate, version, parked_at, {RECORD.names})
                SELECT $1, $2, $3, $4, {RECORD.names} FROM {RECORD.rows("kept", 5)}""",  # noqa: S608 - our own columns
            CONSUMER,
            event.subject,
            event.aggregateversion,
            since,
            *RECORD.arguments([record(event)]),
        )


async def test_a_confirmation_that_was_given_up_is_a_finding_and_the_metric_counts_it(bench: Bench) -> None:
    sound = confirmed("sound", deadline_on=june(10))
    await bench.learn(sound.records())
    story = confirmed("gone")
    await bench.learn(story.records()[:1])
    assert (await bench.audit()).sound
    await given_up(bench, story.records()[1])
    audit = await bench.audit()
    assert not audit.sound
    assert [(f.hazard_id, f.number, f.due_at, f.reason) for f in audit.unreckoned] == [
        ("gone", story.facts.number, None, "clock_missing")
    ]
    assert metric("duban_supervision_missed", {"reason": "clock_missing"}) == 1


async def test_a_report_that_was_given_up_is_no_deadline(bench: Bench) -> None:
    await given_up(bench, confirmed("early").records()[0])
    assert (await bench.audit()).sound


async def test_a_clock_whose_events_wait_for_one_that_never_came_is_a_finding_after_a_while(bench: Bench) -> None:
    story = confirmed("late").submitted(local(2)).returned(local(3))
    await bench.learn(story.records()[:2])
    await parked(bench, story.records()[3], for_seconds=5)
    assert (await bench.look()).sound
    async with bench.database.transaction() as connection:
        await connection.execute("UPDATE parked_event SET parked_at = parked_at - interval '1 minute'")
    assert [(f.hazard_id, f.reason) for f in (await bench.look()).unreckoned] == [("late", "clock_behind")]
