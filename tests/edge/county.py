"""A county whose system does what it should, beside those that don't."""

from __future__ import annotations

import uuid
from typing import Any, Final

import httpx

from duban_contracts.cloudevents import STRUCTURED_CONTENT_TYPE
from services.chassis.testing.kafka import eventually
from tests.deploy import running

COUNTY: Final = "140502"


def report(number: str) -> dict[str, Any]:
    """A right 隐患上报, by the clock of the platform that is tried."""
    data = {
        "county": COUNTY,
        "reference": f"EDGE-{number}",
        "channel": "inspection",
        "sector": "hazchem",
        "enterprise": {"name": "示例化工有限公司"},
        "place": "储罐区",
        "description": "可燃气体探测器失效",
        "found_on": "2026-03-01",
    }
    event = {"specversion": "1.0", "id": number, "source": f"/county/{COUNTY}/edge", "type": "duban.hazard.reported.v1"}
    return {**event, "data": data}


async def honest(client: httpx.AsyncClient) -> str:
    """Report something right, again under the same id while something is away; it is taken. Return its receipt id."""
    event, headers = report(uuid.uuid4().hex), {"Content-Type": STRUCTURED_CONTENT_TYPE}

    async def taken() -> str:
        answer = await client.post("/v1/events", json=event, headers=headers)
        assert answer.status_code == 202, answer.text
        receipt_id: str = answer.json()["results"][0]["receipt_id"]
        return receipt_id

    return await eventually(taken, timeout=300)


async def is_recorded(client: httpx.AsyncClient, receipt_id: str) -> None:
    answer = await client.get(f"/v1/receipts/{receipt_id}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "recorded", answer.text


def client_of(platform: running.Platform) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {platform.keys[f'county-{COUNTY}']}"}
    return httpx.AsyncClient(base_url=platform.url("gateway"), headers=headers, timeout=300)
