"""What the edge turns away before, or instead of, looking at single events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE
from services.chassis.access import keys as api_keys
from services.chassis.access.principal import Principal
from services.gateway.tests.world import FOREIGN, HOME, World, report

pytestmark = pytest.mark.feature("SY64")


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("application/json", {}),
        ("text/plain", {}),
        ("application/cloudevents+json; charset=gbk", {}),
        ("application/cloudevents+json", {"Content-Encoding": "gzip"}),
        ("application/cloudevents+xml", {}),
    ],
)
async def test_what_is_no_cloudevent_in_utf8_json_is_415(
    world: World, content_type: str, headers: dict[str, str]
) -> None:
    answer = await world.post(report(), content_type=content_type, **headers)
    assert answer.status_code == 415
    problem = answer.json()
    assert problem["code"] == "unsupported-media-type"
    assert problem["field"] == ("Content-Encoding" if headers else "Content-Type")
    assert problem["rule"].isascii()


async def test_a_media_type_that_is_named_twice_is_415(world: World) -> None:
    lines = [*world.auth().items(), *[("Content-Type", "application/cloudevents+json")] * 2]
    answer = await world.client.post("/v1/events", content=json.dumps(report()), headers=lines)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


async def test_the_charset_parameter_is_allowed(world: World) -> None:
    answer = await world.post(report(), content_type="application/cloudevents+json; charset=UTF-8")
    assert answer.status_code == 202


async def test_more_than_a_thousand_events_or_four_mebibytes_are_413(world: World) -> None:
    answer = await world.post([{}] * 1001)
    assert (answer.status_code, answer.json()["code"]) == (413, "batch-too-large")
    answer = await world.post(b" " * (4 * 1024 * 1024 + 1), content_type=BATCH_CONTENT_TYPE)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_a_body_without_declared_length_is_cut_off_too(world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 65536

    answer = await world.client.post(
        "/v1/events", content=endless(), headers={**world.auth(), "Content-Type": BATCH_CONTENT_TYPE}
    )
    assert answer.status_code == 413


async def test_one_event_of_enormous_size_is_refused_alone(world: World) -> None:
    evidence = [{"name": "照片" * 100, "sha256": "0" * 64}] * 1000
    huge = {
        **report(),
        "type": "duban.hazard.rectified.v1",
        "data": {
            "county": HOME,
            "reference": "AQ-1",
            "measures": "已整改",
            "completed_on": "2026-11-21",
            "submitted_by": "ent-1",
            "evidence": evidence,
        },
    }
    answer = await world.post([huge, report()])
    assert answer.status_code == 207
    assert answer.json()["results"][0]["problem"]["code"] == "event-too-large"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"[]", "bad-envelope"),
        # An array, whatever comes of it.
        (b"[" * 100_000, "bad-envelope"),
        (b'"x"', "bad-envelope"),
    ],
)
async def test_a_malformed_event_is_422(world: World, body: bytes, code: str) -> None:
    answer = await world.post(body)
    assert answer.status_code == 422
    assert answer.json()["code"] == code


@pytest.mark.parametrize("body", [b"", b"{}", b"[1,", b"[" * 100_000])
async def test_a_malformed_batch_is_422(world: World, body: bytes) -> None:
    answer = await world.post(body, content_type=BATCH_CONTENT_TYPE)
    assert answer.status_code == 422
    assert answer.json()["code"] == "malformed-batch"


async def test_without_a_valid_key_nothing_is_read(world: World) -> None:
    for header in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Bearer {api_keys.new_token()}"}):
        answer = await world.client.post("/v1/events", content=b"x", headers=header)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_only_an_integrator_of_one_of_the_counties_may_publish(world: World) -> None:
    assert (await world.post(report(), who="regulator")).json()["code"] == "role-not-allowed"
    answer = await world.post(report(), who="astray")
    assert (answer.status_code, answer.json()["code"]) == (403, "reach-not-allowed")


async def test_two_keys_live_during_rotation_and_the_oldest_ends_with_the_third(world: World) -> None:
    who = Principal("county-rotating", "integrator", HOME)
    first, second, third = (api_keys.new_token() for _ in range(3))

    async def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": BATCH_CONTENT_TYPE}
        return (await world.client.post("/v1/events", content=b"[]", headers=headers)).status_code

    await api_keys.store(world.connection, [api_keys.NewKey(who, first)])
    await api_keys.store(world.connection, [api_keys.NewKey(who, second)])
    assert [await status(token) for token in (second, third)] == [202, 401]
    await api_keys.store(world.connection, [api_keys.NewKey(who, third)])
    assert [await status(token) for token in (first, second, third)] == [401, 202, 202]


async def test_accepted_and_rejected_events_are_counted_by_county(world: World) -> None:
    async def counted(outcome: str) -> float:
        text = (await world.client.get("/metrics")).text
        name = f'duban_gateway_events_total{{county="{FOREIGN}",outcome="{outcome}"}}'
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)), 0.0)

    before = [await counted("accepted"), await counted("rejected")]
    await world.post([report(FOREIGN), report(FOREIGN), report(HOME)], who="foreign")
    assert [await counted("accepted"), await counted("rejected")] == [before[0] + 2, before[1] + 1]


async def test_the_openapi_document_describes_the_bodies(world: World) -> None:
    document = (await world.client.get("/openapi.json")).json()
    post = document["paths"]["/v1/events"]["post"]
    assert set(post["requestBody"]["content"]) == {
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "application/json",
    }
    assert {"202", "207", "401", "403", "409", "413", "415", "422", "429", "503"} <= set(post["responses"])
