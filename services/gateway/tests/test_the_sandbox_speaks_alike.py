"""The conformance kit's sandbox and the gateway say the same to the same question."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from duban_contracts.conformance.sandbox.city import City
from duban_contracts.conformance.sandbox.gateway import Gateway
from duban_contracts.conformance.sandbox.script import Script
from duban_contracts.profile import load_city
from services.gateway.tests.world import FOREIGN, HOME, World, report

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
        return found | {"problem": body}
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


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in report().items() if key != name}


@pytest.mark.parametrize(
    "sent",
    [
        b"{",
        without("id"),
        report() | {"type": "duban.hazard.sold.v1"},
        report(FOREIGN),
        report(place="", found_on="tomorrow"),
        report(colour="red"),
        [report() | {"time": "yesterday"}, report(place="")],
        [],
    ],
    ids=["no-json", "no-id", "no-type", "foreign", "fields", "member", "batch", "nothing"],
)
async def test_what_is_refused_at_once_is_refused_in_the_same_words(world: World, sandbox: str, sent: Any) -> None:
    kind = BATCH_CONTENT_TYPE if isinstance(sent, list) else STRUCTURED_CONTENT_TYPE
    body = sent if isinstance(sent, bytes) else msgspec.json.encode(sent)
    async with httpx.AsyncClient(timeout=120) as client:
        headers = {"Authorization": "Bearer the key", "Content-Type": kind}
        # The sandbox lets nothing go wrong on purpose while it is only tried.
        said = await client.post(f"{sandbox}/v1/events?dry_run=true", content=body, headers=headers)
    headers = {**world.auth("home"), "Content-Type": kind}
    platform = await world.client.post("/v1/events?dry_run=true", content=body, headers=headers)
    assert shape(said) == shape(platform)
