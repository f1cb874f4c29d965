"""How tests speak to the tip office: bodies of requests, and an invented reporter."""

from __future__ import annotations

import itertools
from typing import Any, Final

from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import HOME

_PHONES: Final = itertools.count(13_900_000_000)


def reporter(**fields: Any) -> dict[str, Any]:
    """An invented person whom no other test knows."""
    return {"name": "举报人甲（虚构）", "phone": str(next(_PHONES)), **fields}


def intake(**fields: Any) -> dict[str, Any]:
    return {
        "channel": "hotline",
        "county": HOME,
        "sector": "fire_safety",
        "place": "东街12号",
        "content": "商场二层安全出口被货架堵死",
        **fields,
    }


def verification(**fields: Any) -> dict[str, Any]:
    return {
        "visited_on": "2026-06-01",
        "visit": "现场检查，二层东侧安全出口堆放货架",
        "enterprise": {"name": "示例商场（虚构）"},
        "place": "东街12号二层东侧",
        "description": "安全出口被堵塞",
        "suggested_grade": "major",
        **fields,
    }


async def received(ledger: InProcess, who: str = "tips", **fields: Any) -> dict[str, Any]:
    """A fresh tip as the intake answers it; with a reporter unless the fields say otherwise."""
    body = intake(**{"reporter": reporter(), **fields})
    answer = await ledger.client.post("/v1/tips", json=body, headers=ledger.auth(who))
    assert answer.status_code == 201, answer.text
    tip: dict[str, Any] = answer.json()
    return tip


async def does(ledger: InProcess, path: str, who: str, body: Any = None, **headers: str) -> Any:
    """Send a POST and return the answer."""
    return await ledger.client.post(path, json=body, headers={**ledger.auth(who), **headers})


async def verified(ledger: InProcess, who: str = "county", **fields: Any) -> dict[str, Any]:
    """A fresh tip, verified on site."""
    tip = await received(ledger, **fields)
    answer = await does(ledger, f"/v1/tips/{tip['number']}/verify", who, verification())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
