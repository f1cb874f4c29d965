"""The whole scheduler on a real broker: ledger events in, supervision events out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import Grade
from duban_contracts.testing.calendar import june, local
from duban_contracts.testing.listings import delisted, listed
from duban_contracts.testing.stories import confirmed, heartbeat
from duban_contracts.topics import KEEP_FOREVER, PARTITIONS, Topic, TopicFamily, dead_letter_topic
from services.chassis.process.clock import Clock, ScaledClock
from services.chassis.process.service import Service
from services.chassis.publishing.outbox import outgoing
from services.chassis.publishing.producer import ReliableProducer
from services.chassis.testing.kafka import create_topics, eventually, publish, read_all, running
from services.scheduler.bootstrap import build
from services.scheduler.settings import Settings
from services.scheduler.tests.bench import PROFILE, PatientClock

pytestmark = pytest.mark.promise("P3")

WORKING = ("consumer", "relay", "clock")


@dataclass
class City:
    """A scheduler's surroundings: its topics, its database, and what the ledger says."""

    bootstrap: str
    prefix: str
    dsn: str
    clock: PatientClock

    @property
    def hazards(self) -> str:
        return f"{self.prefix}{TopicFamily.HAZARD}"

    async def scheduler(self, clock: Clock | None = None) -> Service:
        settings = Settings(
            kafka_bootstrap=self.bootstrap, postgres_dsn=self.dsn, topic_prefix=self.prefix, profile=PROFILE
        )
        return await build(settings, clock or self.clock)

    async def ledger_says(self, records: Sequence[CloudEvent]) -> None:
        await publish(self.bootstrap, self.hazards, records)

    async def ledger_is_through(self, applied_through: datetime) -> None:
        """Put a heartbeat on every partition, behind everything that was said."""
        producer = ReliableProducer(self.bootstrap, "test")
        beats = [outgoing(self.hazards, heartbeat(applied_through), partition) for partition in range(PARTITIONS)]
        try:
            assert await producer.publish(beats) == [None] * PARTITIONS
        finally:
            await producer.stop()

    async def overdue(self) -> list[tuple[str, int]]:
        events = await read_all(self.bootstrap, f"{self.prefix}{TopicFamily.SUPERVISION}")
        payloads = [decode(event) for event in events]
        return [(p.about.id, p.deadline_number) for p in payloads if isinstance(p, SupervisionOverdue)]

    async def raised(self, expected: Sequence[tuple[str, int]]) -> None:
        """Wait until exactly these deadlines are raised, in any order."""

        async def check() -> None:
            assert sorted(await self.overdue()) == sorted(expected)

        await eventually(check)


@pytest.fixture
async def city(kafka_bootstrap: str, topic_prefix: str, database: str) -> City:
    names = [TopicFamily.HAZARD, TopicFamily.SUPERVISION, dead_letter_topic("scheduler.hazards")]
    await create_topics(kafka_bootstrap, [Topic(f"{topic_prefix}{name}", KEEP_FOREVER) for name in names])
    return City(kafka_bootstrap, topic_prefix, database, PatientClock(local(1)))


@asynccontextmanager
async def at_work(*services: Service) -> AsyncIterator[None]:
    if not services:
        yield
        return
    async with running(services[0], *WORKING), at_work(*services[1:]):
        yield


async def test_what_the_ledger_says_becomes_one_alarm_for_each_deadline_that_passed(city: City) -> None:
    late, closed = confirmed("late"), confirmed("closed").submitted(local(2)).closed(local(3))
    extended = confirmed("extended").extended(local(3), june(10))
    returned = confirmed("returned").submitted(local(2)).returned(local(3, 9))
    stories = (late, closed, extended, returned)
    records = [record for story in stories for record in story.records()]
    await city.ledger_says([*records, *records[3:6]])
    async with at_work(await city.scheduler()):
        city.clock.set(local(4, 1))
        await city.ledger_is_through(local(4, 1))
        await city.raised([("late", 1)])
        city.clock.set(local(12))
        await city.ledger_is_through(local(12))
        await city.raised([("late", 1), ("extended", 2), ("returned", 1)])


@pytest.mark.feature("SY29")
async def test_a_listings_own_deadline_becomes_one_alarm_beside_that_of_its_hazard(city: City) -> None:
    late = listed(confirmed("late", grade=Grade.MAJOR, deadline_on=june(20)), local(2), june(3))
    lifted = delisted(listed(confirmed("lifted", grade=Grade.MAJOR, deadline_on=june(20)), local(2), june(3)), local(3))
    await city.ledger_says([record for story in (late, lifted) for record in story.records()])
    city.clock.set(local(4, 0, 0, 1))
    async with at_work(await city.scheduler()):
        await city.ledger_is_through(local(4, 0, 0, 1))
        await city.raised([("late/1", 1)])


async def test_a_submission_in_time_behind_a_slow_ledger_is_never_overtaken(city: City) -> None:
    story = confirmed("in-time").submitted(local(3, 23, 59), learnt_at=local(4, 2))
    await city.ledger_says(story.records()[:2] + confirmed("late").records())
    async with at_work(await city.scheduler()):
        city.clock.set(local(4, 2))
        await city.ledger_is_through(local(3, 23, 58))
        await city.ledger_says(story.records(first=3))
        await city.ledger_is_through(local(4, 2))
        await city.raised([("late", 1)])


async def test_a_scheduler_that_was_down_over_deadlines_raises_each_once_after_it_starts(city: City) -> None:
    stories = [confirmed(f"hz-{n}") for n in range(60)]
    await city.ledger_says([record for story in stories for record in story.records()])
    await city.ledger_is_through(local(2))
    async with at_work(await city.scheduler()):
        await city.raised([])
    in_time = [story.submitted(local(3)) for story in stories[:20]]
    await city.ledger_says([record for story in in_time for record in story.records(first=3)])
    city.clock.set(local(9))
    await city.ledger_is_through(local(9))
    expected = [(f"hz-{n}", 1) for n in range(20, 60)]
    for _ in range(2):
        async with at_work(await city.scheduler()):
            await city.raised(expected)


async def test_two_schedulers_at_once_raise_each_deadline_once(city: City) -> None:
    stories = [confirmed(f"hz-{n}") for n in range(200)]
    await city.ledger_says([record for story in stories for record in story.records()])
    async with at_work(await city.scheduler(), await city.scheduler()):
        city.clock.set(local(4, 1))
        await city.ledger_is_through(local(4, 1))
        await city.raised([(f"hz-{n}", 1) for n in range(200)])


async def test_an_alarms_delay_is_told_in_wall_time_also_when_a_day_takes_seconds(city: City) -> None:
    # By the city's clock five minutes of wall time are most of a year, far beyond what the histogram tells apart.
    raised, in_time = raised_within("+Inf"), raised_within("300.0")
    clock = ScaledClock(rate=60_000, origin=local(1, 12), origin_wall=datetime.now(UTC))
    await city.ledger_says(confirmed("late").records())
    async with at_work(await city.scheduler(clock)):
        while not await city.overdue():
            await city.ledger_is_through(clock.now())
    assert (raised_within("+Inf"), raised_within("300.0")) == (raised + 1, in_time + 1)


def raised_within(seconds: str) -> float:
    labels = {"about": "hazard", "le": seconds}
    return REGISTRY.get_sample_value("duban_supervision_delay_seconds_bucket", labels) or 0
