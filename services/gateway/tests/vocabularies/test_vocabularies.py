from __future__ import annotations

import pytest

from services.gateway.tests.world import HOME, World

pytestmark = pytest.mark.feature("SY64")


async def test_a_county_reads_all_codes_over_http_and_each_list_alone(world: World) -> None:
    answer = await world.client.get("/v1/vocabularies", headers=world.auth())
    lists = {each["name"]: each for each in answer.json()["vocabularies"]}
    assert HOME in {term["code"] for term in lists["regions"]["terms"]}
    alone = await world.client.get("/v1/vocabularies/sectors", headers=world.auth())
    assert alone.json() == lists["sectors"]
    unchanged = await world.client.get(
        "/v1/vocabularies/sectors", headers={**world.auth(), "If-None-Match": alone.headers["ETag"]}
    )
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_an_unknown_list_and_a_missing_key_are_errors(world: World) -> None:
    answer = await world.client.get("/v1/vocabularies/colours", headers=world.auth())
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert (await world.client.get("/v1/vocabularies")).status_code == 401
    assert (await world.client.get("/v1/vocabularies", headers=world.auth("astray"))).status_code == 200
