"""Lanes: what finds no seat is turned away at once, and no flood takes the seats of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.tests.web.board import Board, settle, wish_of
from services.chassis.web.app import create_app
from services.chassis.web.bodies import read_body
from services.chassis.web.lanes import LONGEST_RETRY, Lane, Lanes, Seat
from services.chassis.web.routes import Router

pytestmark = pytest.mark.pure

PARTIES = st.sampled_from([b"flood", b"another", b"third"])


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lane(most: int, time: Time | None = None) -> Lane:
    return Lane("reads", most, now=time or Time())


def taken(by: bytes, of: Lane, most: int = 1000) -> list[Seat]:
    """Take seats until there is none for this party."""
    seats: list[Seat] = []
    while len(seats) < most and (seat := of.seat(by, 0)) is not None:
        seats.append(seat)
    return seats


def test_a_flood_leaves_a_seat_to_whoever_comes_with_little() -> None:
    of = lane(64)
    assert len(taken(b"flood", of)) == 32
    assert len(taken(b"second flood", of)) == 16
    assert len(taken(b"third flood", of)) == 8
    assert of.seat(b"a county", 0) is not None


@given(st.lists(st.tuples(PARTIES, st.integers(0, 400_000), st.booleans()), max_size=80), st.integers(1, 40))
def test_whatever_comes_no_more_than_the_seats_are_held_and_all_come_back(
    asked: list[tuple[bytes, int, bool]], most: int
) -> None:
    of, held = lane(most), list[Seat]()
    for party, size, leaves in asked:
        seat = of.seat(party, size)
        assert of._taken <= most
        if seat is not None:
            held.append(seat)
            seat.weigh(size)
            assert of._taken <= most
        if leaves and held:
            held.pop(0).give_back()
    for seat in held:
        seat.give_back()
        seat.give_back()
    assert of._taken == 0
    assert not of._held
    # However small the lane, it takes somebody when nobody is there; however large the body, it finds a place.
    assert of.seat(b"flood", 4 * 1024 * 1024) is not None


def test_a_large_body_takes_seats_as_its_bytes_come_and_none_for_what_it_only_announces() -> None:
    of = lane(64)
    assert of.seat(b"a", 1024) is not None
    seat = of.seat(b"a", 600 * 1024)
    assert seat is not None
    assert of._taken == 2
    assert [(seat.weigh(size), of._taken) for size in (10, 64 * 1024, 600 * 1024)] == [(True, 2), (True, 3), (True, 11)]
    seat.leave()
    assert of._taken == 1


def test_large_bodies_leave_the_last_seats_to_whoever_comes_with_little() -> None:
    of = lane(64)
    large = [of.seat(b"bogus %d" % each, 0) for each in range(6)]
    assert [seat is not None and seat.weigh(4 * 1024 * 1024) for seat in large] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert of.seat(b"a seventh", 4 * 1024 * 1024) is None
    assert of._taken <= 48
    assert of.seat(b"a county", 0) is not None


def test_a_seat_that_was_left_is_not_taken_again_by_what_ends_behind_its_request() -> None:
    of = lane(4)
    seat = of.seat(b"a", 0)
    assert seat is not None
    seat.give_back()
    seat.leave()
    seat.take()
    assert of._taken == 0


def test_who_is_turned_away_may_come_back_behind_those_before_at_the_pace_of_what_is_served() -> None:
    time = Time()
    of = lane(4, time)
    assert of.seat(b"a", 0) is not None
    of.turn_away()
    for _ in range(99):
        of.served()
    time.now += 1
    of.served()
    told = [of.turn_away() for _ in range(250)]
    assert (told[0], told[90], told[110], told[-1]) == (1, 1, 2, 3)
    assert [of.turn_away() for _ in range(10_000)][-1] == LONGEST_RETRY
    time.now += 60
    assert of.turn_away() == 1


def test_a_quiet_time_does_not_pass_for_a_slow_one() -> None:
    time = Time()
    of = lane(256, time)
    for _ in range(3):
        seat = of.seat(b"a", 0)
        assert seat is not None
        seat.leave()
        of.served()
        time.now += 60
    assert {of.turn_away() for _ in range(256)} == {1}
    seats = taken(b"a", of)
    of.turn_away()
    for seat in seats:
        of.served()
        seat.leave()
    time.now += 60
    of.served()
    assert of.turn_away() == 1
    assert [of.turn_away() for _ in range(256)][-1] == 2


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
            first, key = b"x" * (1024 * 1024 if number < 4 else 10), {"Authorization": f"Bearer bogus-{number}"}
            under_way.append(asyncio.create_task(county.post("/read-whole", content=slow(first), headers=key)))
        await settle()
        assert (await county.post("/read-whole", content=b"little")).status_code == 200
        go_on.set()
        answers = await asyncio.gather(*under_way)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 503, 200, 200]
    assert is_too_busy(answers[3])


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
