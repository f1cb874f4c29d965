"""How the tests merge over HTTP, and what they look at afterwards."""

from __future__ import annotations

from typing import Any

import httpx

from duban_contracts.codec import decode
from duban_contracts.topics import feedback_topic
from services.ledger.tests.in_process import InProcess

Json = dict[str, Any]


async def merge(ledger: InProcess, hazard: Json, into: Json, who: str = "county", **headers: str) -> httpx.Response:
    body = {"into": into["number"], "reason": "同一处隐患"}
    return await ledger.post(hazard["number"], "merge", body, who, **headers)


async def unmerge(ledger: InProcess, hazard: Json, who: str = "county") -> httpx.Response:
    return await ledger.post(hazard["number"], "unmerge", {"reason": "经核对不是同一处"}, who)


async def merged(ledger: InProcess, hazard: Json, into: Json, who: str = "county") -> Json:
    answer = await merge(ledger, hazard, into, who)
    assert answer.status_code == 200, answer.text
    said: Json = answer.json()
    return said


async def shown(ledger: InProcess, hazard: Json) -> Json:
    found: Json = (await ledger.get(f"/v1/hazards/{hazard['number']}")).json()
    return found


async def told(ledger: InProcess, hazard: Json) -> list[Any]:
    """What the county of a hazard was sent under its reference, in order."""
    events = await ledger.said(feedback_topic(hazard["county"]))
    return [decode(event) for event in events if event.partitionkey == hazard["reference"]]


async def titles(ledger: InProcess, hazard: Json) -> list[str]:
    history = (await ledger.get(f"/v1/hazards/{hazard['number']}/history")).json()["items"]
    return [item["title"] for item in history]
