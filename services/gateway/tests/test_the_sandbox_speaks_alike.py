"""The conformance kit's sandbox and the gateway say the same to the same question."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.gateway import Gateway
from duban_contracts.conformance.sandbox.script import Script
from duban_contracts.profile import load_city
from services.gateway.tests.world import HOME, World

pytestmark = pytest.mark.feature("SY64")
HEADERS = ("content-type", "etag", "cache-control", "vary", "preference-applied", "x-accel-buffering")


@pytest.fixture
def sandbox(world: World) -> Iterator[str]:
    regions = load_city(world.settings.profile).regions
    gateway = Gateway(City(HOME, "the key", Script(1), regions=regions), time.monotonic)
    yield gateway.url
    gateway.close()


def shape(answer: httpx.Response) -> dict[str, Any]:
    """What a program can tell of an answer, but for places in a feed, which are each one's own."""
    found: dict[str, Any] = {"status": answer.status_code}
    found |= {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    if not answer.content:
        return found
    body = answer.json()
    if answer.status_code >= 400:
        named = {name: body.get(name) for name in ("type", "title", "status", "code", "field", "rule", "detail")}
        return found | named | {"errors": body.get("errors")}
    if "next" in body:
        return found | {"members": sorted(body), "next": type(body["next"])}
    return found | {"body": body}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/vocabularies", {}),
        ("/v1/vocabularies", {"If-None-Match": "*"}),
        ("/v1/vocabularies/regions", {}),
        ("/v1/vocabularies/sectors", {"If-None-Match": '"other"'}),
        ("/v1/vocabularies/refusals", {}),
        ("/v1/vocabularies/nothing", {}),
        ("/v1/vocabularies?colour=red", {}),
        ("/v1/vocabularies", {"Authorization": "Bearer wrong"}),
        ("/v1/feed", {}),
        ("/v1/feed?limit=1", {"Prefer": "wait=1"}),
        ("/v1/feed?after=nonsense", {}),
        ("/v1/feed", {"Last-Event-ID": "nonsense"}),
        ("/v1/feed?limit=0", {}),
        ("/v1/feed?limit=x", {}),
        ("/v1/feed?limit=1001", {}),
        ("/v1/feed?colour=red", {}),
        ("/v1/feed?limit=1&limit=2", {}),
        ("/v1/feed?limit=0&limit=2", {}),
        ("/v1/feed?limit=0&limit=x", {}),
        ("/v1/feed?after=nonsense&after=nonsense", {}),
        ("/v1/feed?after=nonsense&limit=0", {}),
        ("/v1/feed?colour=red&after=nonsense", {}),
        ("/v1/feed?after=nonsense", {"Last-Event-ID": "nothing either"}),
        ("/v1/feed?limit=0", {"Last-Event-ID": "nonsense"}),
        ("/v1/feed?colour=red&colour=red", {}),
        ("/v1/feed?colour=red&limit=1&limit=1", {}),
        ("/v1/feed?after=nonsense", {"Authorization": "Bearer wrong"}),
    ],
)
async def test_the_same_question_gets_the_same_answer(
    world: World, sandbox: str, path: str, headers: dict[str, str]
) -> None:
    async with httpx.AsyncClient(timeout=120) as client:
        said = await client.get(sandbox + path, headers={"Authorization": "Bearer the key"} | headers)
    platform = await world.client.get(path, headers={**world.auth("home"), **headers}, timeout=120)
    assert shape(said) == shape(platform)
