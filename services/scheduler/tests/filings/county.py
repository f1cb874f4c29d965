"""A county's system that files tasks, and the scheduler's consumer of its topic, on a real database without Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
from aiokafka import TopicPartition

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.codec import decode, encode
from duban_contracts.events.claims import TaskReported
from duban_contracts.testing.claims import sent
from duban_contracts.topics import claims_topic, feedback_topic, taken_by
from services.chassis.assembly import Platform
from services.chassis.consuming import progress
from services.chassis.consuming.batches import BatchProcessor, Ordering
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.publishing.outbox import outgoing, unpack_headers
from services.scheduler.filings.handlers import Filings, refuse_records, take_filings
from services.scheduler.settings import Settings
from services.scheduler.tasks.handlers.hearing import CONSUMER, Hearing
from services.scheduler.tasks.model.planned import PlannedTask
from services.scheduler.tasks.model.task import planned
from services.scheduler.tests.tasks.stage import COUNTY, Stage, due_at, report

OTHER: Final = "140521"
COUNTIES: Final = (COUNTY, OTHER)


def number_of(task: PlannedTask) -> str:
    """Return what people call a task by."""
    return planned(task, due_at()).number


def filing(task: PlannedTask | str, **changed: Any) -> TaskReported:
    """Return 任务办理 of the monthly report, with these fields said otherwise."""
    said: dict[str, Any] = {
        "county": COUNTY,
        "reference": task if isinstance(task, str) else number_of(task),
        "unit": "county_safety_committee",
        "summary": "本月检查 46 家",
        "filed_on": due_at().date(),
        "submitted_by": "county-account-7",
    }
    return TaskReported(**said | changed)


@dataclass
class CountySystem:
    """What counties write, in order, and what they are told; `stage` is everything else that happens to tasks."""

    stage: Stage
    filings: Filings
    _offsets: dict[str, int] = field(default_factory=dict)

    def record(
        self, claim: EventData | CloudEvent, at: datetime, *, event_id: str = "f-1", county: str = COUNTY
    ) -> RawRecord:
        """Return a claim as the broker took it `at` on the topic of `county`."""
        event = claim if isinstance(claim, CloudEvent) else sent(claim, event_id=event_id)
        message = outgoing(claims_topic(county), event)
        offset = self._offsets[county] = self._offsets.get(county, -1) + 1
        return RawRecord(message.topic, 0, offset, at, message.key, message.value, message.headers)

    async def read(self, *records: RawRecord) -> None:
        """Let the consumer take these records as one batch."""
        processor = BatchProcessor(
            CONSUMER,
            partial(take_filings, filings=self.filings),
            Ordering.INBOX,
            refuse=partial(refuse_records, filings=self.filings),
            progress=partial(progress.note, consumer=CONSUMER),
            takes=taken_by(CONSUMER),
        )
        async with self.stage.database.transaction() as connection:
            await processor.process(connection, records, {})

    async def file(self, claim: EventData | CloudEvent, at: datetime, **named: str) -> EventData:
        """Write one claim, let it be read, and return the newest answer or copy of the county."""
        await self.read(self.record(claim, at, **named))
        return (await self.told(named.get("county", COUNTY)))[-1]

    async def is_read(self, through: datetime, *counties: str) -> None:
        """Note that everything up to this instant (the margin included) is read of these counties, or of all."""
        read = {TopicPartition(claims_topic(county), 0): through + progress.MARGIN for county in counties or COUNTIES}
        async with self.stage.database.transaction() as connection:
            await progress.note(connection, read, consumer=CONSUMER)

    async def told(self, county: str = COUNTY) -> list[EventData]:
        """Return what a county was told, in order."""
        return [decode(event) for event in await self.events(feedback_topic(county))]

    async def events(self, topic: str) -> list[CloudEvent]:
        """Return what goes out on a topic, in order."""
        async with self.stage.database.acquire() as connection:
            rows = await connection.fetch("SELECT key, value, headers FROM outbox WHERE topic = $1 ORDER BY id", topic)
        return [from_kafka(row["key"], row["value"], unpack_headers(row["headers"])) for row in rows]

    async def kept(self) -> Sequence[str]:
        """Return the codes under which records were refused and kept."""
        async with self.stage.database.acquire() as connection:
            rows = await connection.fetch("SELECT code FROM dead_letter WHERE refused ORDER BY id")
        return [row["code"] for row in rows]


def broken(claim: TaskReported, **changed: Any) -> CloudEvent:
    """Return a claim in its envelope, with fields that its model would not hold."""
    said = msgspec.json.decode(encode(claim)) | changed
    return msgspec.structs.replace(sent(claim, event_id="f-1"), data=msgspec.json.encode(said))


def county_on(stage: Stage, platform: Platform[Settings]) -> CountySystem:
    """Return the county systems of two counties on this stage, whose tasks and alarms hear of them from now on."""
    topics = {county: claims_topic(county) for county in COUNTIES}
    taskbook = replace(
        stage.taskbook,
        hearing=Hearing(clock=stage.clock, topics=topics),
        told_on={county: feedback_topic(county) for county in COUNTIES},
    )
    stage.use(taskbook)
    county_of = {topic: county for county, topic in topics.items()}
    return CountySystem(stage, Filings(taskbook=taskbook, city=platform.city, topic_prefix="", county_of=county_of))


async def assigned(county: CountySystem, **changed: Any) -> PlannedTask:
    """Plan the monthly report, with these fields changed, let it be assigned, and return it."""
    task = report(**changed)
    await county.stage.plan(task)
    await county.stage.tick()
    return task
