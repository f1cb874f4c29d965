"""A running ledger on real Kafka and PostgreSQL: what counties publish, what the topics then carry."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.codec import decode
from duban_contracts.events.claims import HazardRectified, HazardReported
from duban_contracts.events.feedback import ClaimEvent
from duban_contracts.testing.claims import rectification, report, sent
from duban_contracts.topics import TopicFamily, claims_topic, feedback_topic
from services.chassis.process.service import Service
from services.chassis.testing import kafka as chassis_testing
from services.ledger.settings import Settings
from services.ledger.tests.people import HOME, People


def new_reference() -> str:
    return f"AQ-{secrets.token_hex(6)}"


def reported(reference: str, **fields: Any) -> HazardReported:
    """A report of today, for a ledger whose clock is the machine's."""
    return report(reference, **{"found_on": datetime.now(UTC).date(), **fields})


def mended(reference: str) -> HazardRectified:
    """A 整改完成 of today, for a ledger whose clock is the machine's."""
    return rectification(reference, completed_on=datetime.now(UTC).date())


def envelope(claim: EventData, event_id: str | None = None) -> CloudEvent:
    return sent(claim, event_id=event_id or f"e-{secrets.token_hex(8)}", at=datetime.now(UTC))


@dataclass(kw_only=True)
class World(People):
    """One running ledger and everything around it."""

    settings: Settings
    service: Service
    pool: asyncpg.Pool[asyncpg.Record]
    read: Mapping[str, list[tuple[int, CloudEvent]]]

    async def is_up(self) -> None:
        try:
            answer = await self.client.get("/readyz")
        except httpx.TransportError as error:
            raise AssertionError("not listening yet") from error
        assert answer.status_code == 200, answer.text

    async def claim(self, *claims: EventData | CloudEvent, county: str = HOME) -> None:
        """Publish to the topic of `county`, in order."""
        events = [c if isinstance(c, CloudEvent) else envelope(c) for c in claims]
        await chassis_testing.publish(
            self.settings.kafka_bootstrap, claims_topic(county, self.settings.topic_prefix), events
        )

    async def publish(self, family: TopicFamily, *events: CloudEvent) -> None:
        await chassis_testing.publish(
            self.settings.kafka_bootstrap, f"{self.settings.topic_prefix}{family}", list(events)
        )

    async def answers(self, reference: str, number: int, county: str = HOME) -> list[ClaimEvent]:
        """The claim.* answers about `reference`, once there are at least `number` of them, oldest first."""

        def check() -> list[ClaimEvent]:
            found = [
                data
                for e in self.feedback(county)
                if isinstance(data := decode(e), ClaimEvent) and data.reference == reference
            ]
            assert len(found) >= number, found
            return found

        return await chassis_testing.eventually(check)

    def topic(self, family: TopicFamily) -> list[CloudEvent]:
        """What the topic has carried so far; per partition in order."""
        return [event for _, event in self.by_partition(family)]

    def by_partition(self, family: TopicFamily) -> Sequence[tuple[int, CloudEvent]]:
        """What the topic has carried so far, with the partition; per partition in order."""
        return self.read[f"{self.settings.topic_prefix}{family}"]

    def feedback(self, county: str = HOME) -> list[CloudEvent]:
        """What the county was told so far."""
        return [event for _, event in self.read[feedback_topic(county, self.settings.topic_prefix)]]

    async def hazard(self, reference: str, *, version: int = 1, county: str = HOME) -> dict[str, Any]:
        """The hazard of a reference as HTTP shows it, once it has reached `version`."""

        async def check() -> dict[str, Any]:
            answer = await self.get("/v1/hazards", reference=reference, county=county)
            items: Sequence[dict[str, Any]] = answer.json()["items"]
            assert len(items) == 1, items
            assert items[0]["version"] >= version, items
            return items[0]

        return await chassis_testing.eventually(check)

    async def confirmed(self, grade: str = "general", **fields: Any) -> dict[str, Any]:
        """A fresh hazard, confirmed by a city regulator, due in ten days."""
        reference = new_reference()
        await self.claim(reported(reference, **fields))
        answer = await self.confirm(await self.hazard(reference), grade=grade)
        assert answer.status_code == 200, answer.text
        confirmed: dict[str, Any] = answer.json()
        return confirmed


@asynccontextmanager
async def reading(bootstrap: str, topics: Sequence[str]) -> AsyncIterator[dict[str, list[tuple[int, CloudEvent]]]]:
    """Collect every event of `topics` while the block runs."""
    seen: dict[str, list[tuple[int, CloudEvent]]] = {topic: [] for topic in topics}
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()

    async def collect() -> None:
        async for record in consumer:
            event = from_kafka(record.key, record.value, record.headers)
            seen[record.topic].append((record.partition, event))

    task = asyncio.create_task(collect())
    try:
        yield seen
    finally:
        task.cancel()
        await consumer.stop()
