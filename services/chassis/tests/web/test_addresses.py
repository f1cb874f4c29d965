"""Every address of every service: one way to write it."""

from __future__ import annotations

import httpx
import pytest

from services.chassis.tests.web.addresses import SERVICES, addresses
from services.chassis.unconnected import app_without_servers


@pytest.mark.parametrize("service", SERVICES)
async def test_a_slash_too_many_is_another_address_and_nobody_is_sent_elsewhere(service: str) -> None:
    """A redirect would name the scheme that reached us: http, behind a proxy that ends TLS."""
    transport = httpx.ASGITransport(app_without_servers(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for address in sorted(addresses(service)):
            for method in ("GET", "POST"):
                answer = await client.request(method, f"{address}/", content=b"{}")
                assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), f"{method} {address}/"
                assert answer.headers["content-type"] == "application/problem+json"
                assert "location" not in answer.headers
