"""What the gateway's tests speak with: a county's events, its key, its topics."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE, CloudEvent
from duban_contracts.topics import claims_topic
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.testing import kafka as chassis_testing
from services.gateway.settings import Settings

HOME: Final = "140502"
FOREIGN: Final = "140521"
COUNTIES: Final = {HOME: "城区", FOREIGN: "沁水县"}
Event = dict[str, Any]


def report(county: str = HOME, **data: Any) -> Event:
    """A 隐患上报 in structured mode, with an id and a reference of its own."""
    number = secrets.token_hex(6)
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": f"urn:county:{county}",
        "type": "duban.hazard.reported.v1",
        "time": "2026-11-21T08:30:00+08:00",
        "data": {
            "county": county,
            "reference": f"AQ-{number}",
            "channel": "inspection",
            "sector": "hazchem",
            "enterprise": {"name": "示例化工有限公司"},
            "place": "储罐区东侧",
            "description": "可燃气体探测器失效，未及时校验",
            "found_on": "2026-11-20",
            **data,
        },
    }


@dataclass(frozen=True)
class World:
    """One running gateway and everything around it."""

    settings: Settings
    client: httpx.AsyncClient
    connection: asyncpg.Connection[asyncpg.Record]
    tokens: Mapping[str, str]

    async def is_up(self) -> None:
        try:
            answer = await self.client.get("/healthz")
        except httpx.TransportError as error:
            raise AssertionError("not listening yet") from error
        assert answer.status_code == 200

    def auth(self, who: str = "home") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    async def post(
        self, document: Any, who: str = "home", content_type: str | None = None, **headers: str
    ) -> httpx.Response:
        """POST one event (a dict), a batch (a list) or raw bytes."""
        kind = content_type or (BATCH_CONTENT_TYPE if isinstance(document, list) else STRUCTURED_CONTENT_TYPE)
        body = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
        return await self.client.post(
            "/v1/events", content=body, headers={**self.auth(who), "Content-Type": kind, **headers}
        )

    async def receipt(self, receipt_id: str, who: str = "home") -> httpx.Response:
        return await self.client.get(f"/v1/receipts/{receipt_id}", headers=self.auth(who))

    async def records(self, county: str = HOME) -> list[RawRecord]:
        topic = claims_topic(county, self.settings.topic_prefix)
        return await chassis_testing.read_records(self.settings.kafka_bootstrap, topic)

    async def events(self, county: str = HOME) -> list[CloudEvent]:
        topic = claims_topic(county, self.settings.topic_prefix)
        return await chassis_testing.read_all(self.settings.kafka_bootstrap, topic)

    async def sent(self, event: Event, county: str = HOME) -> list[CloudEvent]:
        return [known for known in await self.events(county) if known.id == event["id"]]
