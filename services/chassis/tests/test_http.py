"""The HTTP side: precise errors, bounded labels, traces that go on, keys, readiness."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, Depends
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from pydantic import BaseModel

from services.chassis.access import keys as api_keys
from services.chassis.access.keys import NewKey, Principal, new_token, require, revoke, store
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import migrate
from services.chassis.telemetry import tracing
from services.chassis.testing.worker import MIGRATIONS
from services.chassis.web.app import create_app
from services.chassis.web.problems import PROBLEM_CONTENT_TYPE, Problem


class Body(BaseModel):
    grade: int


router = APIRouter(prefix="/v1")


@router.get("/things/{name}")
async def thing(name: str) -> dict[str, str | None]:
    if name == "bug":
        raise ValueError("of the third kind")
    if name == "problem":
        raise Problem(409, "state-conflict", "状态不允许", field="state", rule="closed", hazard_id="h1")
    return {"name": name, "traceparent": tracing.current_traceparent()}


@router.post("/things")
async def make(body: Body) -> dict[str, int]:
    return {"grade": body.grade}


@router.get("/mine")
async def mine(who: Annotated[Principal, Depends(require("regulator"))]) -> dict[str, str]:
    return {"account": who.account, "area": who.area}


@pytest.fixture
async def database_open(database: str) -> AsyncIterator[Database]:
    await migrate(database, MIGRATIONS)
    opened = await connect(database, application_name="test")
    yield opened
    await opened.close()


@pytest.fixture
async def client(database_open: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app("test", title="test", database=database_open, routers=[router])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def problem_of(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"].startswith(PROBLEM_CONTENT_TYPE)
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:duban:problem:{body['code']}"
    assert re.search("[\u4e00-\u9fff]", body["detail"]), "people read Chinese"
    return body


async def test_every_error_is_a_problem_with_a_code(client: httpx.AsyncClient) -> None:
    assert problem_of(await client.get("/nowhere"))["code"] == "not-found"
    assert problem_of(await client.delete("/v1/things"))["code"] == "method-not-allowed"
    wrong = problem_of(await client.post("/v1/things", json={"grade": "x"}))
    assert (wrong["code"], wrong["field"]) == ("invalid-field", "grade")
    no_json = problem_of(await client.post("/v1/things", content=b"{", headers={"content-type": "application/json"}))
    assert no_json["field"] == "body"
    conflict = problem_of(await client.get("/v1/things/problem"))
    assert (conflict["code"], conflict["rule"], conflict["hazard_id"]) == ("state-conflict", "closed", "h1")


async def test_a_bug_is_a_problem_that_tells_nothing_and_a_log_line_with_the_trace(client: httpx.AsyncClient) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with structlog.testing.capture_logs() as lines:
        response = await client.get("/v1/things/bug", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    body = problem_of(response)
    assert body["code"] == "internal-error"
    assert "third kind" not in response.text
    failure = next(line for line in lines if line["event"] == "request failed")
    assert trace in failure["traceparent"]
    assert next(line for line in lines if line["event"] == "request")["status"] == 500


async def test_a_trace_that_comes_in_goes_on_and_nonsense_begins_a_new_one(client: httpx.AsyncClient) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    assert trace in (await client.get("/v1/things/x", headers=headers)).json()["traceparent"]
    for header in ({}, {"traceparent": "nonsense"}, {"traceparent": b"\xff\xfe"}):
        fresh = (await client.get("/v1/things/x", headers=header)).json()["traceparent"]  # type: ignore[arg-type]
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", fresh)
        assert trace not in fresh


async def test_the_route_label_is_a_template(client: httpx.AsyncClient) -> None:
    await client.get("/v1/things/some-hazard-id")
    await client.get("/v1/some/path/no-route-7f3a")
    text = (await client.get("/metrics")).text
    assert 'duban_http_requests_total{method="GET",route="/v1/things/{name}",status="200"}' in text
    assert 'route="unmatched"' in text
    assert "some-hazard-id" not in text
    assert "no-route-7f3a" not in text
    assert REGISTRY.get_sample_value(
        "duban_http_request_duration_seconds_count", {"method": "GET", "route": "unmatched"}
    )


async def test_readyz_says_503_while_the_database_is_away_and_healthz_stays(
    client: httpx.AsyncClient, database_open: Database
) -> None:
    assert (await client.get("/readyz")).json() == {"status": "ready", "missing": []}
    database_open.pool.terminate()
    away = await client.get("/readyz")
    assert away.status_code == 503
    assert away.json()["missing"][0].startswith("PostgreSQL")
    assert (await client.get("/healthz")).status_code == 200
    unavailable = await client.get("/v1/mine", headers={"authorization": f"Bearer {new_token()}"})
    assert problem_of(unavailable)["code"] == "unavailable"
    assert unavailable.headers["retry-after"]


async def live(database: Database, account: str) -> list[str]:
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT key_id FROM api_key WHERE account = $1 AND revoked_at IS NULL", account)
    return sorted(row["key_id"] for row in rows)


async def provision(database: Database, *keys: NewKey) -> None:
    async with database.transaction() as connection:
        await store(connection, keys)


async def ask(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/v1/mine", headers={"authorization": f"Bearer {token}"})).status_code


async def test_an_account_has_two_live_keys_and_the_newest_stay(
    client: httpx.AsyncClient, database_open: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "_CACHE_SECONDS", 0.0)
    who = Principal("r1", "regulator", "140502")
    keys = [NewKey(who, new_token()) for _ in range(3)]
    await provision(database_open, *keys)
    assert await live(database_open, "r1") == sorted(key.token[4:20] for key in keys[1:])
    await provision(database_open, *keys[1:])
    assert [await ask(client, key.token) for key in keys] == [401, 200, 200]
    async with database_open.acquire() as connection:
        assert await revoke(connection, keys[1].token[4:20])
        assert not await revoke(connection, keys[1].token[4:20])
        stored = await connection.fetch("SELECT api_key::text AS everything FROM api_key")
    assert [await ask(client, key.token) for key in keys] == [401, 401, 200]
    await provision(database_open, keys[1])
    assert await ask(client, keys[1].token) == 401, "a revoked key stays revoked"
    assert all(key.token[21:] not in row["everything"] for key in keys for row in stored), "no secret is stored"


async def test_an_accounts_new_role_and_area_take_effect_with_its_old_key(
    client: httpx.AsyncClient, database_open: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "_CACHE_SECONDS", 0.0)
    token = new_token()
    await provision(database_open, NewKey(Principal("r1", "integrator", "140502"), token))
    refused = await client.get("/v1/mine", headers={"authorization": f"Bearer {token}"})
    assert problem_of(refused)["code"] == "role-not-allowed"
    assert refused.status_code == 403
    await provision(database_open, NewKey(Principal("r1", "regulator", "140521"), token))
    answer = await client.get("/v1/mine", headers={"authorization": f"Bearer {token}"})
    assert answer.json() == {"account": "r1", "area": "140521"}


async def test_without_a_good_key_there_is_a_401_that_says_how(
    client: httpx.AsyncClient, database_open: Database
) -> None:
    token = new_token()
    await provision(database_open, NewKey(Principal("r1", "regulator", "140502"), token))
    wrong_secret = token[:21] + "A" * 43
    for header in (
        None,
        token,
        f"Basic {token}",
        f"Bearer {token}x",
        f"Bearer {wrong_secret}",
        f"Bearer {new_token()}",
    ):
        response = await client.get("/v1/mine", headers={"authorization": header} if header else {})
        assert problem_of(response)["code"] == "unauthenticated", header
        assert response.headers["www-authenticate"] == "Bearer"
        assert token[21:] not in json.dumps(response.json())
    assert await ask(client, token) == 200


CODE = st.from_regex(r"[1-9][0-9]{5}", fullmatch=True)


@given(CODE, st.text("0123456789", min_size=0, max_size=3))
def test_an_area_covers_itself_and_its_townships(county: str, township: str) -> None:
    assert Principal("a", "r", county).covers(county + township)


@given(
    st.from_regex(r"[1-9][0-9](0[1-9]|[1-9][0-9])", fullmatch=True), st.from_regex(r"[0-9]{2}", fullmatch=True), CODE
)
def test_a_city_covers_its_counties_and_no_other_city(city: str, county: str, other: str) -> None:
    principal = Principal("a", "r", f"{city}00")
    assert principal.covers(f"{city}{county}")
    assert principal.covers(other) == other.startswith(city)


@given(st.from_regex(r"[1-9][0-9]{3}(0[1-9]|[1-9][0-9])", fullmatch=True), CODE)
def test_a_county_covers_no_other_county_and_not_its_city(area: str, other: str) -> None:
    assert Principal("a", "r", area).covers(other) == (other == area)
