"""The HTTP side: precise errors, bounded labels, traces that go on, keys, readiness."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
import structlog
from fastapi import APIRouter, Depends
from prometheus_client import REGISTRY
from pydantic import BaseModel

from services.chassis.access.keys import Principal, new_token, require
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
