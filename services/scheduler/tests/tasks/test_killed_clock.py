"""SIGKILL while windows open and deadlines pass, then two instances at once: every word about a task is said once."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

import pytest
from aiokafka import TopicPartition

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.profile import load_city
from duban_contracts.testing.calendar import local
from duban_contracts.topics import KEEP_FOREVER, Topic, TopicFamily, claims_topic, dead_letter_topic, feedback_topic
from services.chassis.consuming import progress
from services.chassis.testing.kafka import create_topics, eventually, read_all
from services.chassis.testing.processes import process
from services.scheduler.tasks.handlers.hearing import CONSUMER
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.tasks.stage import COUNTY, Stage, children, report

WORKING = "clock,relay"
# Tuesday 2 June 2026, half past nine: deadlines passed at midnight, and it is after the hour of reminders.
AFTERWARDS = "2026-06-02T01:30:00Z"
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)

# Three processes are started one after the other, each at the mercy of a busy machine.
pytestmark = [pytest.mark.chaos, pytest.mark.promise("P3"), pytest.mark.feature("SY08"), pytest.mark.timeout(900)]


@pytest.fixture
async def environment(kafka_bootstrap: str, topic_prefix: str, database: str) -> dict[str, str]:
    names: Sequence[str] = [
        TopicFamily.TASK,
        TopicFamily.HAZARD,
        TopicFamily.SUPERVISION,
        dead_letter_topic("scheduler.hazards"),
        feedback_topic(COUNTY),
    ]
    await create_topics(kafka_bootstrap, [Topic(f"{topic_prefix}{name}", KEEP_FOREVER) for name in names])
    return {
        "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": database,
        "DUBAN_TOPIC_PREFIX": topic_prefix,
        "DUBAN_PROFILE": str(PROFILE),
        "DUBAN_CLOCK_ORIGIN": AFTERWARDS,
    }


async def every_county_is_read(stage: Stage, prefix: str) -> None:
    """Say so in the consumer's stead, which is not among the roles at work here."""
    counties = [TopicPartition(claims_topic(county.code, prefix), 0) for county in load_city(PROFILE).counties]
    async with stage.database.transaction() as connection:
        await progress.note(connection, dict.fromkeys(counties, FAR_AHEAD), consumer=CONSUMER)


@pytest.mark.parametrize("failpoint", ["scheduler.assigning", "scheduler.claimed", "relay.acked"])
async def test_every_task_is_assigned_marked_late_and_urged_once(
    stage: Stage, environment: dict[str, str], failpoint: str
) -> None:
    topic = f"{environment['DUBAN_TOPIC_PREFIX']}{TopicFamily.TASK}"
    stage.taskbook = replace(stage.taskbook, topic=topic)
    stage.clock.set(local(20, month=5))
    await every_county_is_read(stage, environment["DUBAN_TOPIC_PREFIX"])
    late = children()
    await stage.plan(*late)
    await stage.tick()
    waiting = children(period="2026-06", due_on=date(2026, 7, 1), window_start=date(2026, 6, 1))
    await stage.plan(*waiting)
    async with process("scheduler", environment, roles=WORKING, failpoint=failpoint) as victim:
        assert await asyncio.wait_for(victim.wait(), 240) == -signal.SIGKILL

    async def everything_is_said(expected: Counter[str]) -> list[CloudEvent]:
        events = await read_all(environment["DUBAN_KAFKA_BOOTSTRAP"], topic)
        # Wherever the kill was aimed at, it may hit the relay between the broker's ack and its own note of it: what is then
        # published again has the same id, and is a repetition to every reader.
        once = {event.id: event for event in events}
        assert Counter(event.type.split(".")[2] for event in once.values()) == expected
        return events

    async with AsyncExitStack() as both:
        for _ in range(2):
            await both.enter_async_context(process("scheduler", environment, roles=WORKING))
        await eventually(partial(everything_is_said, EXPECTED), timeout=240)
        # A last one of which as much is to be said shows that the others are done with.
        last = report(period="2026-04")
        await stage.plan(last)
        await stage.tick()
        events = await eventually(partial(everything_is_said, EXPECTED + OF_ONE), timeout=240)
    versions = {(event.subject, event.aggregateversion) for event in events if event.aggregateversion}
    assert versions == {(task.task_id, 1) for task in waiting} | {
        (task.task_id, version) for task in (*late, last) for version in (1, 2)
    }


EXPECTED = Counter({"assigned": 24, "overdue": 12, "reminded": 12})
OF_ONE = Counter({"assigned": 1, "overdue": 1, "reminded": 1})
