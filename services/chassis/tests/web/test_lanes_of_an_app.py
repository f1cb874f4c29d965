"""Lanes as an app has them: a flood leaves reads, probes and others alone, and slow bodies close nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request

from services.chassis.tests.web.board import Board, settle, wish_of
from services.chassis.web.app import create_app
from services.chassis.web.bodies import read_body
from services.chassis.web.known import STRANGERS, AdmissionCache, recognised
from services.chassis.web.lanes import Lanes
from services.chassis.web.routes import Router

pytestmark = pytest.mark.pure


async def whole(request: Request) -> int:
    """Size of a body."""
    return len(await read_body(request, 4 * 1024 * 1024))


class Service:
    """An app whose requests end when a test lets them."""

    def __init__(self, most: int) -> None:
        self.gate = asyncio.Event()
        self.begun: list[str] = []
        self.board = Board(most=100)
        routes = Router()

        @routes.get("/who-am-i")
        async def who_am_i() -> None:
            recognised()

        @routes.get("/read")
        async def read(name: str = "") -> None:
            self.begun.append(name)
            await self.gate.wait()

        @routes.post("/command")
        async def command() -> None:
            self.begun.append("command")
            await self.gate.wait()

        @routes.get("/news")
        async def news() -> None:
            self.begun.append("news")
            with self.board.waiters.place("somebody", wish_of(10)) as place:
                place.watch("x")
                await place.until(lambda found: found > 0)

        @routes.post("/read-whole")
        async def read_whole(size: Annotated[int, Depends(whole)]) -> None:
            self.begun.append(f"{size} bytes")

        app: FastAPI = create_app("test", title="示例", database=None, routers=[routes], most_requests=most)  # type: ignore[arg-type]
        self.transport = httpx.ASGITransport(app)

    @asynccontextmanager
    async def client(self, key: str) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(
            transport=self.transport, base_url="http://test", headers={"Authorization": f"Bearer {key}"}
        ) as client:
            await client.get("/who-am-i")
            yield client


def is_too_busy(response: httpx.Response) -> bool:
    told: dict[str, Any] = response.json()
    return (
        response.status_code,
        told["code"],
        response.headers["content-type"],
        int(response.headers["retry-after"]),
    ) == (
        503,
        "too-busy",
        "application/problem+json",
        1,
    )


async def test_a_flood_of_commands_is_turned_away_and_leaves_reads_probes_and_others_alone() -> None:
    service = Service(most=4)
    async with service.client("flood") as flood, service.client("another") as another:
        under_way = [asyncio.create_task(flood.post("/command")) for _ in range(2)]
        await settle()
        refused = await flood.post("/command")
        assert is_too_busy(refused)
        assert "未产生任何影响" in refused.json()["detail"]
        others = [asyncio.create_task(call) for call in (another.post("/command"), flood.get("/read?name=theirs"))]
        await settle()
        assert service.begun == ["command"] * 3 + ["theirs"]
        assert (await flood.get("/healthz")).status_code == 200
        metrics = (await flood.get("/metrics")).text
        assert 'duban_http_requests_under_way{lane="commands"} 3.0' in metrics
        assert 'duban_http_requests_total{method="POST",route="turned-away",status="503"}' in metrics
        service.gate.set()
        assert {answer.status_code for answer in await asyncio.gather(*under_way, *others)} == {200}
        assert (await flood.post("/command")).status_code == 200


async def test_a_key_that_is_shown_beside_others_is_one_caller_still() -> None:
    """The first is the one that is looked at; what stands behind it makes nobody another."""
    service = Service(most=4)
    async with service.client("flood") as flood:
        key = flood.headers.pop("Authorization")
        beside = [[("Authorization", key), ("Authorization", f"Bearer {number}")] for number in range(3)]
        for lines in beside:
            await flood.get("/who-am-i", headers=lines)
        under_way = [asyncio.create_task(flood.post("/command", headers=lines)) for lines in beside[:2]]
        await settle()
        assert is_too_busy(await flood.post("/command", headers=beside[2]))
        service.gate.set()
        assert {answer.status_code for answer in await asyncio.gather(*under_way)} == {200}


@pytest.mark.promise("P1")
async def test_bodies_of_unknown_length_close_no_lane_and_what_finds_no_room_on_its_way_is_turned_away() -> None:
    service = Service(most=16)
    go_on = asyncio.Event()

    async def slow(first: bytes) -> AsyncIterator[bytes]:
        yield first
        await go_on.wait()
        yield b"."

    async with service.client("an honest county") as county:
        under_way = []
        for number in range(6):
            first, key = b"x" * (1024 * 1024 if number < 4 else 10), {"Authorization": f"Bearer county-{number}"}
            await county.get("/who-am-i", headers=key)
            under_way.append(asyncio.create_task(county.post("/read-whole", content=slow(first), headers=key)))
        await settle()
        assert (await county.post("/read-whole", content=b"little")).status_code == 200
        go_on.set()
        answers = await asyncio.gather(*under_way)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 503, 200, 200]
    assert is_too_busy(answers[3])


@pytest.mark.promise("P1")
async def test_keys_that_nobody_gave_out_are_one_caller_however_many_they_are() -> None:
    service = Service(most=16)
    async with service.client("an honest county") as county:
        made_up = [
            asyncio.create_task(county.post("/command", headers={"Authorization": f"Bearer made-up-{number}"}))
            for number in range(40)
        ]
        await settle()
        assert service.begun == ["command"] * 8
        honest = asyncio.create_task(county.post("/command"))
        await settle()
        assert service.begun == ["command"] * 9
        service.gate.set()
        assert (await honest).status_code == 200
        statuses = [answer.status_code for answer in await asyncio.gather(*made_up)]
    assert (statuses.count(200), statuses.count(503)) == (8, 32)


def test_of_more_than_can_be_known_those_go_who_were_not_admitted_for_longest() -> None:
    known = AdmissionCache(most=2)
    for shown in (b"a", b"b", b"a", b"c"):
        known.add(shown)
    assert [known.party_of(shown) for shown in (b"a", b"b", b"c")] == [b"a", STRANGERS, b"c"]


async def test_whoever_waits_for_news_holds_no_seat_and_needs_none_to_go_on() -> None:
    service = Service(most=2)
    async with service.client("a") as client:
        waiting = [asyncio.create_task(client.get("/news")) for _ in range(1)]
        await settle()
        waiting += [asyncio.create_task(client.get("/news"))]
        await settle()
        assert service.begun == ["news"] * 2
        read = asyncio.create_task(client.get("/read"))
        await settle()
        assert service.begun[-1] == ""
        assert is_too_busy(await client.get("/read"))
        service.board.waiters.tell("x", 1)
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200]
        service.gate.set()
        assert (await read).status_code == 200


async def test_what_is_no_request_needs_no_seat() -> None:
    heard: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["type"])

    await Lanes(app, 1)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert heard == ["lifespan"]
