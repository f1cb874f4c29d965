"""What the ledger's tests speak with: counties' claims, people's commands, what Kafka and PostgreSQL then hold."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, from_kafka
from duban_contracts.codec import decode, encode, type_of
from duban_contracts.events.claims import HazardRectified, HazardReported, RectificationPlanned
from duban_contracts.events.feedback import ClaimEvent
from duban_contracts.events.types import Channel, Enterprise
from duban_contracts.topics import TopicFamily, claims_topic, feedback_topic
from services.chassis.process.clock import ZONE
from services.chassis.process.service import Service
from services.chassis.testing import kafka as chassis_testing
from services.ledger.settings import Settings

HOME: Final = "140502"
FOREIGN: Final = "140521"
COUNTIES: Final = {HOME: "城区", FOREIGN: "沁水县"}


def today() -> date:
    return datetime.now(ZONE).date()


def in_days(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


def new_reference() -> str:
    return f"AQ-{secrets.token_hex(6)}"


def envelope(data: EventData, *, county: str = HOME, event_id: str | None = None) -> CloudEvent:
    """A county's event; `county` is the one whose system sends it."""
    return CloudEvent(
        id=event_id or f"e-{secrets.token_hex(8)}",
        source=f"urn:county:{county}",
        type=type_of(type(data)).name,
        data=encode(data),
        time=datetime.now(UTC),
        partitionkey=getattr(data, "reference", None),
    )


def reported(reference: str, **fields: Any) -> HazardReported:
    values: dict[str, Any] = {
        "county": HOME,
        "reference": reference,
        "channel": Channel.INSPECTION,
        "sector": "hazchem",
        "enterprise": Enterprise(name="示例化工有限公司"),
        "place": "储罐区东侧",
        "description": "可燃气体探测器失效，未及时校验",
        "found_on": today(),
    }
    return HazardReported(**{**values, **fields})


def rectified(reference: str, **fields: Any) -> HazardRectified:
    values: dict[str, Any] = {
        "county": HOME,
        "reference": reference,
        "measures": "更换探测器并完成校验",
        "completed_on": today(),
        "submitted_by": "enterprise-1",
    }
    return HazardRectified(**{**values, **fields})


def planned(reference: str, **fields: Any) -> RectificationPlanned:
    values: dict[str, Any] = {
        "county": HOME,
        "reference": reference,
        "measures": "停用储罐，更换探测器",
        "responsible_post": "安全总监",
        "submitted_by": "enterprise-1",
    }
    return RectificationPlanned(**{**values, **fields})


@dataclass(frozen=True)
class World:
    """One running ledger and everything around it."""

    settings: Settings
    service: Service
    client: httpx.AsyncClient
    pool: asyncpg.Pool[asyncpg.Record]
    tokens: Mapping[str, str]
    read: Mapping[str, list[tuple[int, CloudEvent]]]

    async def is_up(self) -> None:
        try:
            answer = await self.client.get("/readyz")
        except httpx.TransportError as error:
            raise AssertionError("not listening yet") from error
        assert answer.status_code == 200, answer.text

    async def claim(self, *claims: EventData | CloudEvent, county: str = HOME) -> None:
        """Publish to the topic of `county`, in order."""
        events = [c if isinstance(c, CloudEvent) else envelope(c, county=county) for c in claims]
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

    def auth(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    async def get(self, path: str, who: str = "city", **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query, headers=self.auth(who))

    async def post(
        self, hazard: str, move: str, body: dict[str, Any], who: str = "city", **headers: str
    ) -> httpx.Response:
        return await self.client.post(f"/v1/hazards/{hazard}/{move}", json=body, headers={**self.auth(who), **headers})

    async def registered(self, reference: str | None = None, **fields: Any) -> dict[str, Any]:
        """A fresh hazard, reported and registered."""
        reference = reference or new_reference()
        await self.claim(reported(reference, **fields))
        return await self.hazard(reference)

    async def confirmed(self, grade: str = "general", **fields: Any) -> dict[str, Any]:
        """A fresh hazard, confirmed by a city regulator, due in ten days."""
        hazard = await self.registered(**fields)
        answer = await self.confirm(hazard, grade=grade)
        assert answer.status_code == 200, answer.text
        confirmed: dict[str, Any] = answer.json()
        return confirmed

    async def confirm(self, hazard: Mapping[str, Any], who: str = "city", **fields: Any) -> httpx.Response:
        body = {"grade": "general", "responsible_unit": "emergency_management", "deadline_on": in_days(10), **fields}
        return await self.post(hazard["hazard_id"], "confirm", body, who)

    async def submit(self, hazard: Mapping[str, Any], who: str = "city") -> httpx.Response:
        body = {"measures": "已更换并校验", "completed_on": in_days(0)}
        return await self.post(hazard["hazard_id"], "submit", body, who)


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
