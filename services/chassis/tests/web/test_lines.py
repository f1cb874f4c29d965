"""Several header lines of one list are that list (RFC 9110 §5.3), however they are divided."""

from __future__ import annotations

from typing import Annotated

import httpx
import pytest
from fastapi import Header
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.tests.web.example import Note, confirmation
from services.chassis.web.app import create_app
from services.chassis.web.conditional import KnownTags
from services.chassis.web.lines import joined
from services.chassis.web.preconditions import Expecting
from services.chassis.web.routes import Router
from services.chassis.web.waiting import Wait

pytestmark = pytest.mark.pure

LISTS = [b"accept", b"content-encoding", b"if-match", b"if-none-match", b"prefer"]
LINES = st.lists(
    st.tuples(st.sampled_from([*LISTS, b"ce-id", b"authorization"]), st.sampled_from([b"a", b"b, c", b""]))
)


def routes() -> Router:
    made = Router()

    @made.get("/read")
    async def read(wish: Wait, known: KnownTags, accept: Annotated[str | None, Header()] = None) -> Note:
        knows = known.holds('"7"')
        return Note(text=f"{wish.seconds} {knows} {accept}")

    @made.post("/change")
    async def change(expecting: Expecting) -> Note:
        return Note(text=f"{expecting.version}")

    return made


async def asked(method: str, address: str, *lines: tuple[str, str]) -> httpx.Response:
    served = create_app("test", title="示例", database=None, routers=[routes()])  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test") as client:
        client.headers.clear()
        return await client.request(method, address, headers=list(lines))


async def test_every_line_of_a_list_is_heard() -> None:
    lines = [
        ("Prefer", "respond-async"),
        ("If-None-Match", '"1"'),
        ("Accept", "text/plain"),
        ("prefer", "wait=5"),
        ("If-None-Match", 'W/"7"'),
        ("Accept", "application/json"),
    ]
    assert (await asked("GET", "/read", *lines)).json() == {"text": "5 True text/plain, application/json"}
    assert (await asked("GET", "/read", ("Prefer", "wait=3"))).json() == {"text": "3 False None"}


async def test_two_versions_are_refused_on_two_lines_as_they_are_on_one() -> None:
    one = await asked("POST", "/change", ("If-Match", '"3", "4"'))
    two = await asked("POST", "/change", ("If-Match", '"3"'), ("If-Match", '"4"'))
    assert [(each.status_code, each.json()["code"]) for each in (one, two)] == [(400, "invalid-if-match")] * 2


async def test_a_coding_on_a_second_line_is_one_too(client: httpx.AsyncClient) -> None:
    lines = [("content-type", "application/json"), ("content-encoding", "identity"), ("content-encoding", "gzip")]
    answer = await client.post("/v1/things/x/confirm", json=confirmation(), headers=lines)
    assert (answer.status_code, answer.json()["field"]) == (415, "Content-Encoding")


@given(LINES)
def test_lists_are_joined_in_order_and_all_else_stays_as_it_came(lines: list[tuple[bytes, bytes]]) -> None:
    found = joined(lines)
    for name in LISTS:
        given = [value for each, value in lines if each == name]
        assert [value for each, value in found if each == name] == ([b", ".join(given)] if given else [])
    others = [line for line in lines if line[0] not in LISTS]
    assert [line for line in found if line[0] not in LISTS] == others
    assert joined(found) == found
