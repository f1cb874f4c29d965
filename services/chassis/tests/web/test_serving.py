"""Serving: every request is counted by its template, traced and logged; health tells the truth; a bug tells nothing."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator

import httpx
import pytest
import structlog
from fastapi import FastAPI, Response
from prometheus_client import REGISTRY, Metric
from prometheus_client.registry import Collector

from deploy.local.ports import free_ports
from services.chassis.storage.database import Database
from services.chassis.testing.kafka import eventually
from services.chassis.tests.web.example import app
from services.chassis.web.routes import Router
from services.chassis.web.server import CannotListen, serve

KEY = {"Authorization": "Bearer good"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_bug_tells_nothing_and_is_a_log_line_with_the_trace(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        response = await client.get("/v1/things/bug", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert "third kind" not in response.text
    failure = next(line for line in lines if line["event"] == "request failed")
    assert TRACE in failure["traceparent"]
    assert next(line for line in lines if line["event"] == "request")["status"] == 500


async def test_what_is_away_is_503_and_worth_another_try(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        response = await client.get("/v1/things/away")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert response.headers["retry-after"]
    assert not [line for line in lines if line["log_level"] == "error"]


async def test_a_trace_that_comes_in_goes_on_and_nonsense_begins_a_new_one(client: httpx.AsyncClient) -> None:
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    assert TRACE in (await client.get("/v1/trace/x", headers=headers)).json()["text"]
    for header in ({}, {"traceparent": "nonsense"}, {"traceparent": b"\xff\xfe"}):
        fresh = (await client.get("/v1/trace/x", headers=header)).json()["text"]  # type: ignore[arg-type]
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", fresh)
        assert TRACE not in fresh


class Slow(Collector):
    """Metrics that take until `go_on` is set, and ten seconds at most."""

    def __init__(self) -> None:
        self.begun, self.go_on, self.was_let_go = threading.Event(), threading.Event(), False

    def describe(self) -> Iterator[Metric]:
        """Say at once that there is nothing: whoever registers asks."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Give nothing, late."""
        self.begun.set()
        self.was_let_go = self.go_on.wait(10)
        return iter(())


async def test_requests_are_answered_while_metrics_are_written(client: httpx.AsyncClient) -> None:
    """Those of a city with 300 counties take statistics a fifth of a second, four times a minute."""
    slow = Slow()

    def begun() -> None:
        assert slow.begun.is_set()

    REGISTRY.register(slow)
    try:
        scrape = asyncio.create_task(client.get("/metrics"))
        await eventually(begun)
        assert (await client.get("/healthz")).status_code == 200
        slow.go_on.set()
        assert (await scrape).status_code == 200
    finally:
        REGISTRY.unregister(slow)
    assert slow.was_let_go


async def test_no_series_tells_when_another_one_was_born(client: httpx.AsyncClient) -> None:
    await client.get("/v1/things/some-hazard-id")
    assert "_created" not in (await client.get("/metrics")).text


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
    stored: httpx.AsyncClient, opened: Database
) -> None:
    assert (await stored.get("/readyz")).json() == {"status": "ready", "missing": []}
    opened.pool.terminate()
    away = await stored.get("/readyz")
    assert away.status_code == 503
    assert away.json()["missing"][0].startswith("PostgreSQL")
    assert (await stored.get("/healthz")).json() == {"status": "ok"}
    unavailable = await stored.post("/v1/notes", json={"text": "a"})
    assert (unavailable.status_code, unavailable.json()["code"]) == (503, "unavailable")


def test_an_endpoint_whose_headers_would_not_be_heard_is_refused_at_start() -> None:
    async def endpoint(response: Response) -> None:
        """Set a header."""

    with pytest.raises(TypeError, match="answer"):
        Router().get("/x")(endpoint)


def test_an_endpoint_that_would_take_a_thread_is_refused_at_start() -> None:
    with pytest.raises(TypeError, match="async def"):
        Router().get("/x")(lambda: None)


async def test_what_has_nothing_to_say_has_no_body(client: httpx.AsyncClient) -> None:
    gone = await client.delete("/v1/things/thing-a")
    assert (gone.status_code, gone.content) == (204, b"")


async def serving(served: FastAPI, port: int, stopping: asyncio.Event) -> None:
    await serve(served, host="127.0.0.1", port=port, stopping=stopping)


async def is_up(client: httpx.AsyncClient) -> None:
    try:
        assert (await client.get("/healthz")).status_code == 200
    except httpx.TransportError as error:
        raise AssertionError("not listening yet") from error


async def test_it_serves_over_a_socket_until_it_is_told_to_stop() -> None:
    (port,) = free_ports(1)
    stopping = asyncio.Event()
    task = asyncio.create_task(serving(app(), port, stopping))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=KEY) as client:
        await eventually(lambda: is_up(client))
        # Raw paths, headers and bodies look different here than inside one process.
        assert (await client.get("/v1/things/%ff")).status_code == 422
        assert (await client.get("/v1/things/%E7%85%A4")).json()["name"] == "煤"
        assert (await client.get("/v1/things?colour=red")).json()["code"] == "unknown-parameter"
        assert (await client.post("/v1/things/x/submit", json={"measures": "已换"})).json() == {"text": "已换"}
    stopping.set()
    await asyncio.wait_for(task, 120)


async def test_an_address_that_is_taken_is_a_reason_and_not_an_exit() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(CannotListen, match=str(port)):
        await serving(app(), port, asyncio.Event())
    server.close()
