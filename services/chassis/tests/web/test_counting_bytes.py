"""What comes as bytes and is no whole request: it counts, and has its line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI, Request
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.chassis.testing.kafka import eventually
from services.chassis.tests.web.listening import listening, said
from services.chassis.web import failures
from services.chassis.web.observed import Observed

HEAD = b"POST /echo HTTP/1.1\r\nHost: h\r\n"


@pytest_asyncio.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    app = FastAPI()
    failures.install(app)
    app.add_middleware(Observed)

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    async with listening(app) as number:
        yield number


def counted(status: str, *, method: str = "POST", route: str = "/echo") -> float:
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("duban_http_requests_total", labels) or 0.0


@pytest.mark.parametrize(("sent", "status"), [(b"NONSENSE\r\n\r\n", "400"), (b"GET /" + b"x" * 100_000, "431")])
async def test_what_is_no_request_is_counted_and_told(port: int, sent: bytes, status: str) -> None:
    before = counted(status, method="OTHER", route="unreadable")
    with capture_logs() as lines:
        assert await said(port, sent)
    assert counted(status, method="OTHER", route="unreadable") == before + 1
    assert [line["status"] for line in lines if line.get("route") == "unreadable"] == [int(status)]


async def test_a_request_of_which_only_the_body_is_nonsense_counts_under_its_own_route_alone(port: int) -> None:
    before = counted("400", method="OTHER", route="unreadable"), counted("400")
    await said(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"nonsense\r\n", pause=0.05)

    async def told() -> None:
        assert (counted("400", method="OTHER", route="unreadable"), counted("400")) == (before[0], before[1] + 1)

    await eventually(told)


async def test_a_client_that_hangs_up_in_mid_body_is_no_failure_of_ours(port: int) -> None:
    failed, refused = counted("500"), counted("400")
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Content-Length: 5\r\n\r\nab")
    writer.close()

    async def answered() -> None:
        assert counted("400") == refused + 1

    await eventually(answered)
    assert counted("500") == failed
