"""HEAD is answered wherever GET is, with the same headers and no body (RFC 9110 §9.1, §9.3.2)."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from prometheus_client import REGISTRY

from services.chassis.telemetry import acts
from services.chassis.tests.web.addresses import SERVICES, addresses
from services.chassis.tests.web.board import Board
from services.chassis.tests.web.example import app
from services.chassis.tests.web.listening import listening, said
from services.chassis.unconnected import app_without_servers
from services.chassis.web.app import create_app
from services.chassis.web.routes import Router
from services.chassis.web.waiting import Wait

# What asks the database, which the services have none of here.
ASKING = {"/readyz", "/readyz/http"}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/healthz", 200),
        ("/openapi.json", 200),
        ("/v1/things", 200),
        ("/v1/things?limit=x", 422),
        ("/v1/things?by=county&by=grade", 200),
        ("/v1/things/missing", 404),
        ("/v1/things/x/confirm", 405),
        ("/v1/nowhere", 404),
    ],
)
async def test_head_says_what_get_says_but_for_the_body(client: httpx.AsyncClient, address: str, status: int) -> None:
    asked, got = await client.head(address), await client.get(address)
    assert (asked.status_code, got.status_code) == (status, status)
    assert asked.headers == got.headers
    assert asked.content == b""


@pytest.mark.parametrize("service", SERVICES)
async def test_every_address_that_knows_get_knows_head(service: str) -> None:
    transport = httpx.ASGITransport(app_without_servers(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for address in addresses(service, "GET") - ASKING:
            asked, got = await client.head(address), await client.get(address)
            assert asked.status_code == got.status_code != 405, address
            if address != "/metrics":
                assert asked.headers == got.headers, address


async def test_over_a_socket_nothing_follows_the_head_and_the_connection_goes_on() -> None:
    key = b"Host: t\r\nAuthorization: Bearer good\r\n"
    async with listening(app()) as port:
        both = await said(
            port,
            b"HEAD /v1/things/x HTTP/1.1\r\n" + key + b"\r\n"
            b"GET /v1/things/x HTTP/1.1\r\n" + key + b"Connection: close\r\n\r\n",
        )
    first, second, body = both.split(b"\r\n\r\n")
    length = next(line for line in first.lower().split(b"\r\n") if line.startswith(b"content-length"))
    assert (first[:12], second[:12]) == (b"HTTP/1.1 200", b"HTTP/1.1 200")
    assert int(length.partition(b":")[2]) == len(body) > 0


async def test_head_is_a_read_under_its_own_name() -> None:
    routes, reads = Router(), list[bool]()

    @routes.get("/read-or-not")
    async def read_or_not() -> None:
        reads.extend(act.is_read for act in acts.under_way())

    served = create_app("test", title="示例", database=None, routers=[routes])  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test") as client:
        assert (await client.head("/read-or-not")).status_code == 200
    assert reads == [True]
    labels = {"method": "HEAD", "route": "/read-or-not", "status": "200"}
    assert REGISTRY.get_sample_value("duban_http_requests_total", labels) == 1


async def test_head_waits_for_nothing() -> None:
    """Whoever waits is told the news, and HEAD is told nothing."""
    routes, board = Router(), Board()

    @routes.get("/news")
    async def news(wish: Wait) -> None:
        with board.waiters.place("somebody", wish) as place:
            place.watch("x")
            await place.until(lambda found: found > 0)

    served = create_app("test", title="示例", database=None, routers=[routes])  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test") as client:
        asked = await asyncio.wait_for(client.head("/news", headers={"Prefer": "wait=20"}), 10)
    assert asked.status_code == 200
    board.waiters.close()
