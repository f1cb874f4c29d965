"""Clients that hang up, over a real socket: what waits for them is dropped, what has begun goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from deploy.local.ephemeral import free_ports
from services.chassis.storage.rounds import Rounds
from services.chassis.testing.kafka import eventually
from services.chassis.web.app import create_app
from services.chassis.web.routes import Router
from services.chassis.web.server import serve


class Service:
    """Commands that go in rounds, and a read that takes as long as it takes."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.reading = asyncio.Event()
        self.read_was_dropped = asyncio.Event()
        self.rounds: list[list[int]] = []
        rounds = Rounds(self._take)
        routes = Router(prefix="/v1")

        @routes.post("/commands/{number}")
        async def command(number: int) -> int:
            return await rounds.ask(number)

        @routes.get("/read")
        async def read() -> None:
            self.reading.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.read_was_dropped.set()
                raise

        self.app: FastAPI = create_app("test", title="示例", database=None, routers=[routes])  # type: ignore[arg-type]

    async def _take(self, asked: Sequence[int]) -> list[int]:
        self.rounds.append(list(asked))
        await self.gate.wait()
        return list(asked)


@pytest.fixture
async def service() -> AsyncIterator[tuple[Service, int]]:
    (port,), stopping, served = free_ports(1), asyncio.Event(), Service()
    serving = asyncio.create_task(serve(served.app, host="127.0.0.1", port=port, stopping=stopping))

    async def listens() -> None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError as error:
            raise AssertionError("not listening yet") from error
        writer.close()

    await eventually(listens)
    yield served, port
    stopping.set()
    await serving


async def _asked(port: int, line: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{line} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


def _counted(method: str, route: str, status: str) -> float:
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("duban_http_requests_total", labels) or 0.0


async def test_a_command_that_waits_for_its_round_is_dropped_and_one_under_way_is_carried_out(
    service: tuple[Service, int],
) -> None:
    served, port = service
    route = "/v1/commands/{number}"
    before = {status: _counted("POST", route, status) for status in ("200", "499", "500")}
    _, first = await _asked(port, "POST /v1/commands/1")

    async def has_begun() -> None:
        assert served.rounds == [[1]]

    await eventually(has_begun)
    _, second = await _asked(port, "POST /v1/commands/2")
    reader, third = await _asked(port, "POST /v1/commands/3")
    first.close()
    # The second is queued and then dropped, in whichever of these two steps the server sees it.
    second.close()

    async def is_dropped() -> None:
        assert _counted("POST", route, "499") == before["499"] + 1

    await eventually(is_dropped)
    served.gate.set()
    assert b"200" in await reader.readline()
    third.close()

    async def is_done() -> None:
        assert _counted("POST", route, "200") == before["200"] + 2

    await eventually(is_done)
    assert served.rounds == [[1], [3]]
    assert _counted("POST", route, "500") == before["500"]


async def test_a_read_is_dropped_where_it_is_and_is_nobodys_failure(service: tuple[Service, int]) -> None:
    served, port = service
    left, failed = _counted("GET", "/v1/read", "499"), _counted("GET", "/v1/read", "500")
    _, writer = await _asked(port, "GET /v1/read")
    await served.reading.wait()
    writer.close()
    await served.read_was_dropped.wait()

    async def is_counted() -> None:
        assert _counted("GET", "/v1/read", "499") == left + 1

    await eventually(is_counted)
    assert _counted("GET", "/v1/read", "500") == failed
