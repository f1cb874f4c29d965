"""The scheduler's use cases on a real database, without Kafka: events are handed in as deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import REGISTRY

from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.codec import decode
from duban_contracts.testing.stories import Story, heartbeat
from duban_contracts.topics import PARTITIONS, TopicFamily
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.publishing.outbox import outgoing, unpack_headers
from services.chassis.storage.database import Database
from services.chassis.testing.clock import ManualClock
from services.scheduler.alarms.handlers import Deps, RaiseAlarms, raise_passed
from services.scheduler.audit import handlers as auditing
from services.scheduler.audit.model import Audit
from services.scheduler.clocks.events import TakeHazards
from services.scheduler.clocks.handlers.keep import CONSUMER
from services.scheduler.clocks.handlers.tell import hazard_alarms
from services.scheduler.clocks.handlers.tell_listings import listing_alarms
from services.scheduler.followups.handlers import follow_up_alarms
from services.scheduler.followups.model import KINDS
from services.scheduler.tests.builders import POLICY

PROFILE = Path(__file__).parents[3] / "deploy" / "profiles" / "jincheng"
WALL = datetime(2026, 6, 1, tzinfo=UTC)


class PatientClock(ManualClock):
    """Stands still, and lets loops turn ten times a second instead of spinning."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.1))


async def nothing() -> None:
    """Plan no reminders afresh."""


@dataclass
class Bench:
    """The scheduler's use cases on a real database, without Kafka: events are handed in as deliveries."""

    database: Database
    clock: ManualClock
    take: TakeHazards
    raising: RaiseAlarms
    listings: RaiseAlarms
    follow_ups: Sequence[RaiseAlarms]
    _offset: int = field(default=0)

    async def learn(self, records: Sequence[CloudEvent], partition: int = 0) -> None:
        """Apply events as one batch of the consumer does."""
        async with self.database.transaction() as connection:
            await self.take.apply(connection, [self._delivery(record, partition) for record in records])

    async def hear(
        self,
        applied_through: datetime,
        partitions: Sequence[int] = range(PARTITIONS),
        *,
        behind: Mapping[str, datetime] | None = None,
    ) -> None:
        """Take in a heartbeat on these partitions."""
        for partition in partitions:
            await self.learn([heartbeat(applied_through, behind=behind)], partition)

    async def at(self, now: datetime) -> None:
        """Set the clock, let the ledger be up to date a moment later, and look at what is due."""
        self.clock.set(now)
        await self.hear(now + timedelta(milliseconds=1))
        await self.tick()

    async def tick(self) -> None:
        await self.raising.look()
        await self.listings.look()
        for each in self.follow_ups:
            await each.look()

    async def raise_passed(self) -> int:
        return await raise_passed(self.raising.source, deps=self.raising.deps)

    async def look(self) -> Audit:
        return await auditing.look(deps=self._auditing)

    async def audit(self) -> Audit:
        return await auditing.audit(deps=self._auditing)

    @property
    def _auditing(self) -> auditing.Deps:
        return auditing.Deps(self.database, self.clock, CONSUMER, timedelta(seconds=30))

    async def said(self) -> list[CloudEvent]:
        """Return everything written to the outbox, in order."""
        async with self.database.acquire() as connection:
            rows = await connection.fetch("SELECT key, value, headers FROM outbox ORDER BY id")
        return [from_kafka(row["key"], row["value"], unpack_headers(row["headers"])) for row in rows]

    async def kinds(self) -> list[str]:
        return [event.type.split(".")[2] for event in await self.said()]

    async def alarm_states(self, story: Story) -> dict[tuple[str, int, int], str]:
        async with self.database.acquire() as connection:
            rows = await connection.fetch("SELECT * FROM alarm WHERE subject_id = $1", story.facts.hazard_id)
        return {(row["kind"], row["deadline_number"], row["days_before"]): row["state"] for row in rows}

    def _delivery(self, event: CloudEvent, partition: int) -> Delivery:
        message = outgoing(TopicFamily.HAZARD, event)
        self._offset += 1
        record = RawRecord(message.topic, partition, self._offset, WALL, message.key, message.value, message.headers)
        return Delivery(record, event, decode(event))


async def somebody_waits(database: Database) -> None:
    """Hold that a session of this database waits for another's lock."""
    async with database.acquire() as connection:
        waiting = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    assert waiting


def metric(name: str, labels: dict[str, str] | None = None) -> float:
    """Return what this process exports under `name`."""
    value = REGISTRY.get_sample_value(name, labels or {})
    assert value is not None
    return value


def bench_on(database: Database, clock: ManualClock) -> Bench:
    raising, listings = (
        RaiseAlarms(
            alarms(topic=TopicFamily.SUPERVISION, consumer=CONSUMER, days=POLICY.days),
            Deps(database, clock),
            plan=nothing,
        )
        for alarms in (hazard_alarms, listing_alarms)
    )
    follow_ups = [
        RaiseAlarms(
            follow_up_alarms(kind, topic=TopicFamily.SUPERVISION, consumer=CONSUMER, days=POLICY.days),
            Deps(database, clock),
            plan=nothing,
        )
        for kind in KINDS
    ]
    return Bench(database, clock, TakeHazards(POLICY, TopicFamily.SUPERVISION), raising, listings, follow_ups)
