"""Raw sockets before our HTTP: what never ends is ended, heads are bounded, no answer is lost, offers are let pass."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI, Request

from services.chassis.testing.kafka import eventually
from services.chassis.tests.web.listening import listening, said
from services.chassis.web import failures
from services.chassis.web.lingering import LingeringTransport
from services.chassis.web.observed import Observed
from services.chassis.web.problems import Problem
from services.chassis.web.protocol import BoundedProtocol

POST = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"


@pytest_asyncio.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    app = FastAPI()
    failures.install(app)
    app.add_middleware(Observed)

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(0.5)
        return "answered"

    @app.post("/too-large")
    async def too_large(request: Request) -> None:
        assert "upgrade" not in request.headers
        raise Problem("body-too-large", limit=1)

    async with listening(app) as number:
        yield number


@pytest.fixture
def hurried(port: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """The server, while it waits for nobody for longer than a moment."""
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.2)
    monkeypatch.setattr(BoundedProtocol, "body_seconds", 0.2)
    return port


def sent_whole_then_read(port: int, request: bytes) -> bytes:
    """Return the answer as a plain client gets it: one that looks at nothing before it has sent everything."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


NEVER_ENDING: dict[str, tuple[bytes, ...]] = {
    "silence": (),
    "half line": (b"POST /echo HT",),
    "dripping headers": (b"GET /slow HTTP/1.1\r\n", *(b"X-%d: y\r\n" % number for number in range(30))),
    "half body": (POST + b"\r\n", b"ab"),
    "dripping body": (POST + b"\r\n", b"a", b"b", b"c"),
    "blank lines": (b"\r\n",) * 10,
}


async def test_a_request_that_never_ends_is_ended(hurried: int) -> None:
    # Side by side, since each is a wait.
    answers = await asyncio.gather(
        *(said(hurried, *parts, pause=0.1 if len(parts) > 1 else 0) for parts in NEVER_ENDING.values())
    )
    assert [name for name, answer in zip(NEVER_ENDING, answers, strict=True) if b"200 OK" in answer] == []


async def test_whole_requests_are_answered_however_long_the_answer_takes(hurried: int) -> None:
    answer = await said(hurried, POST + b"\r\nabcde" + b"GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
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
async def test_a_head_beyond_its_bound_is_refused_and_the_answer_arrives(port: int, parts: tuple[bytes, ...]) -> None:
    answered = await asyncio.to_thread(sent_whole_then_read, port, b"".join(parts) + b"\r\n\r\n" + b"z" * 3_000_000)
    head, _, body = answered.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "head-too-long"


@pytest.mark.parametrize("kept", [b"", b"Connection: close\r\n"], ids=["kept-alive", "closed"])
async def test_an_answer_before_the_end_of_the_body_arrives(port: int, kept: bytes) -> None:
    length, last = 6_000_000, b"GET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    large = b"POST /too-large HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n%s\r\n" % (length, kept) + b"x" * length
    answered = await asyncio.to_thread(sent_whole_then_read, port, large if kept else large + last)
    assert answered.startswith(b"HTTP/1.1 413 ")
    assert b'"body-too-large"' in answered
    assert answered.count(b"HTTP/1.1 404 ") == (0 if kept else 1)


async def test_what_comes_after_the_answer_is_read_up_to_a_bound(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "most_discarded_bytes", 100_000)
    head = b"POST /too-large HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n"
    with pytest.raises(ConnectionError):
        await asyncio.to_thread(sent_whole_then_read, port, head + b"x" * 100_000_000)


async def test_nobody_is_waited_for_longer_than_the_patience(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LingeringTransport, "linger_seconds", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"NONSENSE\r\n\r\n")
    assert b"bad-request" in await asyncio.wait_for(reader.read(-1), 120)

    async def is_gone() -> None:
        try:
            writer.write(b"more")
            await writer.drain()
        except ConnectionError:
            return
        raise AssertionError("it still listens")

    await eventually(is_gone)


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"


@pytest.mark.parametrize("offer", [OFFER, b"connection: upgrade\r\nupgrade: websocket\r\n"], ids=["h2c", "websocket"])
async def test_an_offer_of_another_protocol_is_let_pass(port: int, offer: bytes) -> None:
    sized = b"POST /echo HTTP/1.1\r\nHost: h\r\n" + offer + b"Content-Length: 5\r\n\r\nabcde"
    chunked = b"POST /echo HTTP/1.1\r\nHost: h\r\n" + offer + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    plain = b"GET /none HTTP/1.1\r\nHost: h\r\n" + offer + b"\r\n"
    last = b"POST /too-large HTTP/1.1\r\nHost: h\r\n" + offer + b"Content-Length: 1\r\n\r\nx"
    end = b"GET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    answered = await said(port, sized + chunked + plain + last + end)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answered) == [b"200", b"200", b"404", b"413", b"404"]
    assert b"\r\n\r\n5HTTP" in answered
    assert b"\r\n\r\n3HTTP" in answered


async def test_an_offer_is_let_pass_wherever_the_request_is_cut(port: int) -> None:
    request = b"POST /echo HTTP/1.1\r\nHost: h\r\n" + OFFER + b"Content-Length: 5\r\n\r\nabcde"
    for cut in range(1, len(request), 7):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request[:cut])
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(request[cut:])
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)
        assert head.startswith(b"HTTP/1.1 200 "), cut
        assert await reader.readexactly(1) == b"5"
        writer.close()


async def test_this_is_no_proxy(port: int) -> None:
    assert (await said(port, b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


async def test_nonsense_behind_a_request_does_not_take_its_answer(port: int) -> None:
    answered = await said(port, b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\nNONSENSE\r\n\r\nmore of it")
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert answered.endswith(b'"answered"')


async def test_nonsense_in_a_body_ends_its_request_with_a_problem(port: int) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    answered = await said(port, head + b"2\r\nab\r\n", b"nonsense\r\n", pause=0.05)
    assert answered.count(b"HTTP/1.1 ") == 1
    assert b'"bad-request"' in answered


async def test_malformed_http_gets_a_problem(port: int) -> None:
    head, _, body = (await said(port, b"NONSENSE\r\n\r\n")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "bad-request"
