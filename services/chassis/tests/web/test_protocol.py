"""Raw sockets before our HTTP: what never ends is ended, heads are bounded, malformed HTTP gets a problem."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request
from prometheus_client import REGISTRY

from deploy.local.ephemeral import free_ports
from services.chassis.testing.kafka import eventually
from services.chassis.web import failures
from services.chassis.web.observed import Observed
from services.chassis.web.protocol import BoundedProtocol
from services.chassis.web.server import serve

POST = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.3)
    monkeypatch.setattr(BoundedProtocol, "body_seconds", 0.3)
    app = FastAPI()
    failures.install(app)
    app.add_middleware(Observed)

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(0.8)
        return "answered"

    number, stopping = free_ports(1)[0], asyncio.Event()
    serving = asyncio.create_task(serve(app, host="127.0.0.1", port=number, stopping=stopping))
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", number)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            break
    yield number
    stopping.set()
    await serving


async def said(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Return everything that the server says until it hangs up; what can't be sent any more is left out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(reader.read(-1))
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
    except OSError:
        pass
    try:
        return await asyncio.wait_for(reading, 20)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"POST /echo HT",),
        (b"GET /slow HTTP/1.1\r\n", *(b"X-%d: y\r\n" % number for number in range(30))),
        (POST + b"\r\n", b"ab"),
        (POST + b"\r\n", b"a", b"b", b"c"),
        (b"\r\n",) * 10,
    ],
    ids=["silence", "half-line", "dripping-headers", "half-body", "dripping-body", "blank-lines"],
)
async def test_a_request_that_never_ends_is_ended(port: int, parts: tuple[bytes, ...]) -> None:
    assert b"200 OK" not in await said(port, *parts, pause=0.15 if len(parts) > 1 else 0)


async def test_whole_requests_are_answered_however_long_the_answer_takes(port: int) -> None:
    answer = await said(
        port, POST + b"\r\nabcde", b"GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", pause=0.1
    )
    assert answer.count(b"200 OK") == 2
    assert answer.endswith(b'"answered"')


async def test_bodies_are_as_long_as_the_app_takes_them(port: int) -> None:
    large = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000
    last = large.replace(b"Host: h", b"Host: h\r\nConnection: close")
    assert (await said(port, large[:300], large[300:] + large + last)).count(b"500000") == 3


@pytest.mark.parametrize(
    "parts",
    [
        (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",),
        (POST + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\nabcde",),
        (POST + b"X-Endless: ", *[b"x" * 40_000] * 50),
        (POST, b"".join(b"X-%d: %s\r\n" % (number, b"y" * 1000) for number in range(100)) + b"\r\n"),
    ],
    ids=["address", "one-header", "endless-header", "many-headers"],
)
async def test_a_head_beyond_its_bound_is_refused(port: int, parts: tuple[bytes, ...]) -> None:
    assert b"200 OK" not in await said(port, *parts)


async def test_malformed_http_gets_a_problem(port: int) -> None:
    head, _, body = (await said(port, b"NONSENSE\r\n\r\n")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "bad-request"


def counted(status: str) -> float:
    labels = {"method": "POST", "route": "/echo", "status": status}
    return REGISTRY.get_sample_value("duban_http_requests_total", labels) or 0.0


async def test_a_client_that_hangs_up_in_mid_body_is_no_failure_of_ours(port: int) -> None:
    failed, refused = counted("500"), counted("400")
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST + b"\r\nab")
    await writer.drain()
    writer.close()

    async def answered() -> None:
        assert counted("400") == refused + 1

    await eventually(answered)
    assert counted("500") == failed
