"""Every address of every service: one way to write it."""

from __future__ import annotations

import re

import httpx
import pytest

from services.chassis.unconnected import app_without_servers, service_names
from services.chassis.web.routes import Route

SERVICES = service_names()


def addresses(service: str) -> list[str]:
    """Return an address of each route, with something in every place."""
    routes = [route for route in app_without_servers(service).routes if isinstance(route, Route)]
    return sorted({re.sub(r"\{[^}]*\}", "x", route.path) for route in routes})


@pytest.mark.parametrize("service", SERVICES)
async def test_a_slash_too_many_is_another_address_and_nobody_is_sent_elsewhere(service: str) -> None:
    """A redirect would name the scheme that reached us: http, behind a proxy that ends TLS."""
    transport = httpx.ASGITransport(app_without_servers(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for address in addresses(service):
            for method in ("GET", "POST"):
                answer = await client.request(method, f"{address}/", content=b"{}")
                assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), f"{method} {address}/"
                assert answer.headers["content-type"] == "application/problem+json"
                assert "location" not in answer.headers
