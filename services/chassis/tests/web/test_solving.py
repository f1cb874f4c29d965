"""A route's plan: what fits is answered by it, and every answer is the one that FastAPI would give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from enum import Enum
from typing import Annotated, Any, Final
from urllib.parse import quote

import httpx
import msgspec
import pytest
from fastapi import Body, Depends, FastAPI, Header, Query, Request, Response
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.web import failures
from services.chassis.web.bodies import JsonBody, read_body
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Once
from services.chassis.web.parameters import Limit
from services.chassis.web.preconditions import Expecting
from services.chassis.web.routes import Route, Router

pytestmark = pytest.mark.pure


class Colour(Enum):
    """A term."""

    RED = "red"
    BLUE = "blue"


class Paint(msgspec.Struct, frozen=True, kw_only=True):
    """A command."""

    colour: Colour
    coats: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1


async def _caller(authorization: Annotated[str | None, Header()] = None) -> str | None:
    return authorization


async def _wanted(
    colour: Colour | None = None,
    since: date | None = None,
    wet: bool | None = None,  # noqa: FBT001 - a query parameter
) -> list[object]:
    return [colour, since, wet]


async def _opened() -> AsyncIterator[int]:
    yield 1


async def _content(request: Request) -> bytes:
    return await read_body(request, 1000)


async def _incoming(request: Request) -> Request:
    return request


Caller = Annotated[str | None, Depends(_caller)]
Wanted = Annotated[list[object], Depends(_wanted)]


def _heard(*given: object) -> Response:
    return answer([repr(each) for each in given])


def _routes() -> Router:
    routes = Router(prefix="/v1")

    @routes.get("/walls/{number}", response_model=None)
    async def wall(number: int, by: Caller, asked: Wanted, limit: Limit = 50) -> Response:
        return _heard(number, by, asked, limit)

    @routes.get("/walls", response_model=None)
    async def walls(asked: Wanted, sector: Annotated[list[str] | None, Query()] = None) -> Response:
        return _heard(asked, sector)

    @routes.post("/walls/{number}/paint", response_model=None)
    async def paint(number: int, expecting: Expecting, once: Once, by: Caller, command: JsonBody[Paint]) -> Response:
        return _heard(number, expecting, once.key, by, command)

    @routes.post("/raw", response_model=None)
    async def raw(request: Annotated[Request, Depends(_incoming)], size: int = 0) -> Response:
        return _heard(await request.body(), size)

    @routes.post("/file", response_model=None)
    async def file(content: Annotated[bytes, Depends(_content)], size: int = 0) -> Response:
        return _heard(content, size)

    return routes


def _app(*, planned: bool) -> FastAPI:
    app, routes = FastAPI(), _routes()
    failures.install(app)
    for route in routes.routes:
        assert isinstance(route, Route)
        assert route.plan is not None
        if not planned:
            setattr(route, "plan", None)  # noqa: B010 - it is final
    app.include_router(routes)
    return app


PLANNED: Final = _app(planned=True)
UNPLANNED: Final = _app(planned=False)

_NUMBERS = st.sampled_from(["1", "-7", "x", "1.5", "%00", "%FF", "9" * 30, ""])
_QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["colour", "since", "wet", "limit", "sector", "size", "stranger"]),
        st.sampled_from(["red", "blue", "green", "2026-01-31", "2026-02-30", "true", "no", "", "7", "0", "\0", "隐患"]),
    ),
    max_size=4,
)
_HEADERS = st.dictionaries(
    st.sampled_from(["Authorization", "If-Match", "Idempotency-Key", "Content-Type"]),
    st.sampled_from(
        [
            '"3"',
            "*",
            "3",
            'W/"3"',
            "k-1",
            "k 1",
            "",
            "application/json",
            "application/json; charset=utf-8",
            "text/plain",
        ]
    ),
)
_BODIES = st.sampled_from(
    [
        b'{"colour": "red"}',
        b'{"colour": "red", "coats": 2}',
        b'{"colour": "red", "coats": 9, "stranger": 1}',
        b'{"colour": "green"}',
        b"{",
        b"[]",
        b"",
        b"null",
        "涂".encode("gbk"),
    ]
)


async def _answers(app: FastAPI, method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[Any, ...]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        said = await client.request(method, url, headers=headers, content=body)
    return said.status_code, sorted(said.headers.items()), said.content


@given(
    method=st.sampled_from(["GET", "POST"]),
    path=st.one_of(
        _NUMBERS.map("/v1/walls/{}".format),
        _NUMBERS.map("/v1/walls/{}/paint".format),
        st.sampled_from(["/v1/walls", "/v1/raw", "/v1/file"]),
    ),
    query=_QUERIES,
    headers=_HEADERS,
    body=_BODIES,
)
def test_a_plan_answers_as_fastapi_does(
    method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], body: bytes
) -> None:
    url = path + ("?" + "&".join(f"{name}={quote(value)}" for name, value in query) if query else "")

    by_plan, by_fastapi = (asyncio.run(_answers(app, method, url, headers, body)) for app in (PLANNED, UNPLANNED))
    assert by_plan == by_fastapi


async def test_a_body_that_was_read_before_the_plan_gave_up_is_read_again() -> None:
    for app in (PLANNED, UNPLANNED):
        said = await _answers(app, "POST", "/v1/file?size=x", {}, b"abc")
        assert said[0] == 422


async def test_what_fits_never_reaches_fastapis_own_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("FastAPI was asked")

    monkeypatch.setattr("fastapi.routing.solve_dependencies", refuse)
    json = {"Content-Type": "application/json", "If-Match": '"3"'}
    for method, url, headers, body in (
        ("GET", "/v1/walls/7?colour=red&since=2026-01-31&limit=3", {}, b""),
        ("GET", "/v1/walls", {}, b""),
        ("POST", "/v1/walls/7/paint", json, b'{"colour": "red"}'),
        ("POST", "/v1/raw?size=3", {}, b"abc"),
    ):
        said = await _answers(PLANNED, method, url, headers, body)
        assert said[0] == 200, (url, said)


def test_a_route_with_what_no_plan_knows_stays_fastapis() -> None:
    routes = Router()

    @routes.get("/cookie", response_model=None)
    async def cookie(given: Annotated[int, Depends(_opened)]) -> Response:
        return _heard(given)

    @routes.get("/list", response_model=None)
    async def listed(names: Annotated[list[str], Query()] = []) -> Response:  # noqa: B006 - FastAPI copies it
        return _heard(names)

    @routes.post("/two", response_model=None)
    async def two(one: Annotated[int, Body()], other: Annotated[int, Body()]) -> Response:
        return _heard(one, other)

    assert [route.plan for route in routes.routes if isinstance(route, Route)] == [None, None, None]
