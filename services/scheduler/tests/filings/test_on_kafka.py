"""The whole way of a filing on a real broker: from the county's topic to its feedback, once, under SIGKILL too."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimFiled, ClaimOutcome, ClaimRejected
from duban_contracts.profile import load_city
from duban_contracts.testing.claims import report as hazard
from duban_contracts.testing.claims import sent
from duban_contracts.topics import KEEP_FOREVER, Topic, TopicFamily, claims_topic, dead_letter_topic, feedback_topic
from services.chassis.assembly import Platform
from services.chassis.process.clock import SystemClock
from services.chassis.storage.database import Database
from services.chassis.testing.kafka import create_topics, eventually, publish, read_all, running
from services.chassis.testing.processes import process
from services.scheduler.bootstrap import build
from services.scheduler.settings import Settings
from services.scheduler.tasks.handlers.open_windows import open_windows
from services.scheduler.tasks.handlers.plan import plan_tasks
from services.scheduler.tasks.handlers.taskbook import Taskbook
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.filings.county import filing, number_of
from services.scheduler.tests.tasks.stage import COUNTY, report

pytestmark = [pytest.mark.promise("P1"), pytest.mark.feature("SY06", "SY64")]
WORKING = "consumer,relay"


@dataclass(frozen=True)
class City:
    """A scheduler's surroundings on the broker; time is what it is, and a month is left for every task."""

    bootstrap: str
    prefix: str
    dsn: str
    taskbook: Taskbook
    database: Database

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DUBAN_KAFKA_BOOTSTRAP": self.bootstrap,
            "DUBAN_POSTGRES_DSN": self.dsn,
            "DUBAN_TOPIC_PREFIX": self.prefix,
            "DUBAN_PROFILE": str(PROFILE),
        }

    @property
    def topic(self) -> str:
        return claims_topic(COUNTY, self.prefix)

    def filing(self, task: PlannedTask, event_id: str, **changed: object) -> CloudEvent:
        today = datetime.now(UTC).date() - timedelta(days=1)
        return sent(filing(task, filed_on=today, **changed), event_id=event_id)

    async def assigned(self, number: int) -> list[PlannedTask]:
        today = datetime.now(UTC).date()
        tasks = [
            report(period=f"2026-{n:02}", window_start=today - timedelta(days=9), due_on=today + timedelta(days=30))
            for n in range(1, number + 1)
        ]
        async with self.database.transaction() as connection:
            await plan_tasks(connection, tasks, taskbook=self.taskbook)
        await open_windows(self.database, taskbook=self.taskbook)
        return tasks

    async def told(self) -> list[CloudEvent]:
        """Return what the county was told, a repetition once."""
        events = await read_all(self.bootstrap, feedback_topic(COUNTY, self.prefix))
        return list({event.id: event for event in events}.values())

    async def kinds(self, expected: dict[str, int]) -> list[CloudEvent]:
        """Wait until the county was told exactly so many events of each type."""

        async def check() -> list[CloudEvent]:
            events = await self.told()
            assert Counter(event.type.removeprefix("duban.").removesuffix(".v1") for event in events) == expected
            return events

        return await eventually(check, timeout=120)


@pytest.fixture
async def city(kafka_bootstrap: str, topic_prefix: str, database: str, platform: Platform[Settings]) -> City:
    counties = [county.code for county in load_city(PROFILE).counties]
    families = (TopicFamily.TASK, TopicFamily.HAZARD, TopicFamily.SUPERVISION)
    names = [*families, dead_letter_topic("scheduler.hazards"), dead_letter_topic("scheduler.claims")]
    by_broker = {"message.timestamp.type": "LogAppendTime"}
    topics = [
        *(Topic(f"{topic_prefix}{name}", KEEP_FOREVER, partitions=1) for name in names),
        *(Topic(claims_topic(each, topic_prefix), KEEP_FOREVER, partitions=1, config=by_broker) for each in counties),
        Topic(feedback_topic(COUNTY, topic_prefix), KEEP_FOREVER, partitions=1),
    ]
    await create_topics(kafka_bootstrap, topics)
    taskbook = replace(
        Taskbook.on(platform),
        clock=SystemClock(),
        topic=f"{topic_prefix}{TopicFamily.TASK}",
        told_on={COUNTY: feedback_topic(COUNTY, topic_prefix)},
    )
    return City(kafka_bootstrap, topic_prefix, database, taskbook, platform.database)


async def test_a_county_files_by_event_and_hears_of_it_on_its_feedback(city: City) -> None:
    first, second = await city.assigned(2)
    settings = Settings(
        kafka_bootstrap=city.bootstrap, postgres_dsn=city.dsn, topic_prefix=city.prefix, profile=PROFILE
    )
    filed = city.filing(first, "f-1")
    wrong = city.filing(second, "f-2", unit="fire_rescue")
    other = sent(hazard(), event_id="h-1")
    async with running(await build(settings), "consumer", "relay"):
        await publish(city.bootstrap, city.topic, [filed, other, wrong, filed])
        events = await city.kinds({"task.assigned": 2, "task.submitted": 1, "claim.filed": 1, "claim.rejected": 1})
        # A last one shows that what came before it is done with.
        await publish(city.bootstrap, city.topic, [filed, city.filing(second, "f-3")])
        await city.kinds({"task.assigned": 2, "task.submitted": 2, "claim.filed": 2, "claim.rejected": 1})
    answers = [decode(event) for event in events if event.type.startswith("duban.claim.")]
    [answer] = [each for each in answers if isinstance(each, ClaimFiled)]
    [refused] = [each for each in answers if isinstance(each, ClaimRejected)]
    assert (answer.outcome, answer.late, answer.number) == (ClaimOutcome.APPLIED, False, number_of(first))
    assert answer.receipt_id == str(filed.identity(city.topic))
    assert (refused.code, refused.claim_id) == ("task-of-another", "f-2")


@pytest.mark.chaos
@pytest.mark.parametrize(
    "failpoint", ["consumer.applied", "consumer.before_database_commit", "consumer.database_committed", "relay.acked"]
)
async def test_whenever_it_is_killed_every_filing_has_one_effect_and_one_answer(city: City, failpoint: str) -> None:
    *tasks, untouched = await city.assigned(4)
    filings = [city.filing(task, f"f-{n}") for n, task in enumerate(tasks)]
    await publish(city.bootstrap, city.topic, filings)
    async with process("scheduler", city.environment, roles=WORKING, failpoint=failpoint) as victim:
        assert await asyncio.wait_for(victim.wait(), 120) == -signal.SIGKILL
    async with process("scheduler", city.environment, roles=WORKING):
        # A last one shows that what came before it is done with.
        await publish(city.bootstrap, city.topic, [*filings, city.filing(untouched, "last")])
        events = await city.kinds({"task.assigned": 4, "task.submitted": 4, "claim.filed": 4})
    answered = [decode(event) for event in events if event.type == "duban.claim.filed.v1"]
    assert {each.claim_id for each in answered if isinstance(each, ClaimFiled)} == {
        "f-0",
        "f-1",
        "f-2",
        "last",
    }
