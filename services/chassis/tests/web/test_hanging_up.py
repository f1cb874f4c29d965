"""Clients that hang up, over a real socket: what waits for them is dropped, what has begun goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from services.chassis.storage.database import Database
from services.chassis.storage.rounds import Rounds
from services.chassis.testing.kafka import eventually
from services.chassis.tests.web.example import app
from services.chassis.tests.web.listening import listening
from services.chassis.web.app import create_app
from services.chassis.web.routes import Router


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
    playing = Service()
    async with listening(playing.app) as port:
        yield playing, port


async def _asked(
    port: int, line: str, body: str = "", headers: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{line} HTTP/1.1\r\nHost: h\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    await writer.drain()
    return reader, writer


def _counted(method: str, route: str, status: str) -> float:
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("duban_http_requests_total", labels) or 0.0


async def test_a_command_that_waits_for_its_round_is_dropped_and_one_under_way_is_carried_out(
    service: tuple[Service, int],
) -> None:
    playing, port = service
    route = "/v1/commands/{number}"
    before = {status: _counted("POST", route, status) for status in ("200", "499", "500")}
    _, first = await _asked(port, "POST /v1/commands/1")

    async def has_begun() -> None:
        assert playing.rounds == [[1]]

    await eventually(has_begun)
    _, second = await _asked(port, "POST /v1/commands/2")
    reader, third = await _asked(port, "POST /v1/commands/3")
    first.close()
    # The second is queued and then dropped, in whichever of these two steps the server sees it.
    second.close()

    async def is_dropped() -> None:
        assert _counted("POST", route, "499") == before["499"] + 1

    await eventually(is_dropped)
    playing.gate.set()
    assert b"200" in await reader.readline()
    third.close()

    async def is_done() -> None:
        assert _counted("POST", route, "200") == before["200"] + 2

    await eventually(is_done)
    assert playing.rounds == [[1], [3]]
    assert _counted("POST", route, "500") == before["500"]


async def test_a_read_is_dropped_where_it_is_and_is_nobodys_failure(service: tuple[Service, int]) -> None:
    playing, port = service
    left, failed = _counted("GET", "/v1/read", "499"), _counted("GET", "/v1/read", "500")
    _, writer = await _asked(port, "GET /v1/read")
    await playing.reading.wait()
    writer.close()
    await playing.read_was_dropped.wait()

    async def is_counted() -> None:
        assert _counted("GET", "/v1/read", "499") == left + 1

    await eventually(is_counted)
    assert _counted("GET", "/v1/read", "500") == failed


async def test_a_command_that_has_begun_is_carried_out_once_and_its_repetition_hears_so(opened: Database) -> None:
    headers = "Authorization: Bearer good\r\nContent-Type: application/json\r\nIdempotency-Key: a-1\r\n"
    async with listening(app(database=opened)) as port:
        async with opened.acquire() as other, other.transaction():
            await other.execute("LOCK TABLE note IN EXCLUSIVE MODE")
            _, writer = await _asked(port, "POST /v1/notes", '{"text": "once"}', headers)

            async def is_under_way() -> None:
                waiting = """SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                              WHERE datname = current_database() AND relation = 'note'::regclass AND NOT granted"""
                assert await other.fetchval(waiting) == 1

            await eventually(is_under_way)
            writer.close()
            await writer.wait_closed()

        async def is_answered_again() -> None:
            reader, again = await _asked(port, "POST /v1/notes", '{"text": "once"}', headers)
            head = await reader.readuntil(b"\r\n\r\n")
            again.close()
            # While the first one is still under way it is told to come back (409).
            assert b" 201 " in head
            assert b"idempotency-replayed: true" in head.lower()

        await eventually(is_answered_again)
    async with opened.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM note") == 1
