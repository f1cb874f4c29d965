"""Raw sockets before our HTTP: whoever does not read an answer holds nothing of ours for ever."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from unittest.mock import Mock

import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from services.chassis.testing.kafka import eventually
from services.chassis.tests.web.listening import listening
from services.chassis.web.lingering import LingeringTransport

PIECE = b"x" * 65536


class Telling:
    """Answers without an end, and how many of them are being sent."""

    def __init__(self) -> None:
        self.sending = 0
        self.told = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        self.sending += 1
        try:
            while True:
                yield PIECE
                self.told += 1
                await asyncio.sleep(0)
        finally:
            self.sending -= 1


@pytest_asyncio.fixture
async def telling(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Telling, int]]:
    """A server that waits for nobody's reading for longer than a moment, and its port."""
    monkeypatch.setattr(LingeringTransport, "read_seconds", 0.2)
    app, telling = FastAPI(), Telling()

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        return StreamingResponse(telling.pieces())

    async with listening(app) as port:
        yield telling, port


async def test_who_stops_reading_is_hung_up_on(telling: tuple[Telling, int]) -> None:
    told, port = telling
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n")

        def is_sent() -> None:
            assert told.told

        def is_over() -> None:
            assert not told.sending

        await eventually(is_sent)
        await eventually(is_over)


@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize(("read", "hangs_up"), [(0, True), (16 * 1024 - 1, True), (16 * 1024, False)])
def test_who_reads_on_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, read: int, *, hangs_up: bool, is_last: bool
) -> None:
    inner, loop, unread = Mock(), Mock(), 1_000_000
    inner.is_closing.return_value = False
    inner.get_write_buffer_size.side_effect = lambda: unread
    inner.get_extra_info.return_value = ("192.0.2.1", 1)
    inner.close.side_effect = lambda: inner.is_closing.configure_mock(return_value=True)
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    transport = LingeringTransport(inner, unread=lambda: False)
    if is_last:
        transport.close()
        transport.resume_writing()
    else:
        transport.watch_reader()
    for watched in range(1, 11):
        assert loop.call_later.call_count == watched
        unread -= read
        _, judge, before = loop.call_later.call_args.args
        judge(before)
        assert inner.abort.called is hangs_up
        if hangs_up:
            break
