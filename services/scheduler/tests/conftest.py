from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.codec import decode
from duban_contracts.topics import PARTITIONS, TopicFamily
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.process.clock import ManualClock
from services.chassis.publishing.outbox import outgoing, unpack_headers
from services.chassis.storage import database as chassis_database
from services.chassis.storage.database import Database
from services.chassis.storage.schema import migrate
from services.scheduler.adapters.alarms import SESSION_SETTINGS
from services.scheduler.application.audit_deadlines import Auditor
from services.scheduler.application.keep_clocks import ClockKeeper
from services.scheduler.application.raise_alarms import AlarmRaiser
from services.scheduler.bootstrap import MIGRATIONS
from services.scheduler.entrypoints.events import CONSUMER
from services.scheduler.tests.builders import POLICY, Story, heartbeat, local

WALL = datetime(2026, 6, 1, tzinfo=UTC)


class PatientClock(ManualClock):
    """Stands still, and lets loops turn ten times a second instead of spinning."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.1))


@dataclass
class Bench:
    """The scheduler's use cases on a real database, without Kafka: events are handed in as deliveries."""

    database: Database
    clock: ManualClock
    keeper: ClockKeeper
    raiser: AlarmRaiser
    auditor: Auditor
    _offset: int = field(default=0)

    async def learn(self, records: Sequence[CloudEvent], partition: int = 0) -> None:
        """Apply events as one batch of the consumer does."""
        async with self.database.transaction() as connection:
            await self.keeper.apply(connection, [self._delivery(record, partition) for record in records])

    async def hear(self, applied_through: datetime, partitions: Sequence[int] = range(PARTITIONS)) -> None:
        """Take in a heartbeat on these partitions."""
        for partition in partitions:
            await self.learn([heartbeat(applied_through)], partition)

    async def at(self, now: datetime) -> None:
        """Set the clock, let the ledger be up to date a moment later, and look at what is due."""
        self.clock.set(now)
        await self.hear(now + timedelta(milliseconds=1))
        await self.tick()

    async def tick(self) -> None:
        await self.raiser.raise_overdue()
        await self.raiser.raise_due_soon()
        await self.raiser.report()

    async def said(self) -> list[CloudEvent]:
        """Return everything written to the outbox, in order."""
        async with self.database.acquire() as connection:
            rows = await connection.fetch("SELECT key, value, headers FROM outbox ORDER BY id")
        return [from_kafka(row["key"], row["value"], unpack_headers(row["headers"])) for row in rows]

    async def kinds(self) -> list[str]:
        return [event.type.split(".")[2] for event in await self.said()]

    async def alarm_states(self, story: Story) -> dict[tuple[str, int, int], str]:
        async with self.database.acquire() as connection:
            rows = await connection.fetch("SELECT * FROM alarm WHERE hazard_id = $1", story.facts.hazard_id)
        return {(row["kind"], row["deadline_number"], row["days_before"]): row["state"] for row in rows}

    def _delivery(self, event: CloudEvent, partition: int) -> Delivery:
        message = outgoing(TopicFamily.HAZARD, event)
        self._offset += 1
        record = RawRecord(message.topic, partition, self._offset, WALL, message.key, message.value, message.headers)
        return Delivery(record, event, decode(event))


def bench_on(database: Database, clock: ManualClock) -> Bench:
    topic = str(TopicFamily.SUPERVISION)
    return Bench(
        database,
        clock,
        ClockKeeper(POLICY),
        AlarmRaiser(database=database, clock=clock, consumer=CONSUMER, topic=topic),
        Auditor(database=database, clock=clock, consumer=CONSUMER, missed_after=timedelta(seconds=30)),
    )


@pytest.fixture
async def scheduler_database(database: str) -> AsyncIterator[Database]:
    await migrate(database, MIGRATIONS)
    connected = await chassis_database.connect(database, application_name="test", settings=SESSION_SETTINGS)
    yield connected
    await connected.close()


@pytest.fixture
def bench(scheduler_database: Database) -> Bench:
    return bench_on(scheduler_database, PatientClock(local(1)))
