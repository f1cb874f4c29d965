"""Pages: every row once, an exact `next`, and no text that is taken for a cursor without being one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.tests.web.example import ByName, Things, app, client_of
from services.chassis.web.paging import LONGEST_CURSOR, BadCursor, Cursor, page_of


class ByDue(Cursor, frozen=True, tag="due"):
    due_at: datetime
    hazard_id: UUID
    number: int
    title: str = ""


class ByDueLater(Cursor, frozen=True, tag="due2"):
    due_at: datetime
    hazard_id: UUID
    number: int
    title: str = ""


BIGINT = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
CURSORS = st.builds(
    ByDue,
    due_at=st.datetimes(timezones=st.just(UTC)),
    hazard_id=st.uuids(),
    number=BIGINT,
    title=TEXT,
)


@given(CURSORS)
def test_a_cursor_comes_back_as_it_was(cursor: ByDue) -> None:
    assert ByDue.parse(cursor.encode()) == cursor


@given(CURSORS)
def test_a_cursor_of_another_list_or_version_is_none(cursor: ByDue) -> None:
    for kind in (ByDueLater, ByName):
        with pytest.raises(BadCursor):
            kind.parse(cursor.encode())


def crafted(value: object) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(value)).decode().rstrip("=")


@given(st.text(max_size=500) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_other_text_is_refused_and_nothing_else_happens(text: str) -> None:
    try:
        found = ByDue.parse(text)
    except BadCursor:
        return
    assert found.encode() == text


@pytest.mark.parametrize(
    "value",
    [
        ["due", "0001-01-01T00:00:00+08:00", str(UUID(int=1)), 1, ""],
        ["due", datetime(2026, 1, 1, tzinfo=UTC), str(UUID(int=1)), 2**63, ""],
        ["due", datetime(2026, 1, 1, tzinfo=UTC), str(UUID(int=1)), 1, "a\0b"],
        ["due", datetime(2026, 1, 1, tzinfo=UTC), str(UUID(int=1)), 1, "", "more"],
        ["due", datetime(2026, 1, 1, tzinfo=UTC), str(UUID(int=1)).upper().replace("0", "{"), 1, ""],
        ["due"],
        {},
        None,
        b"due",
    ],
)
def test_a_crafted_cursor_is_refused(value: object) -> None:
    with pytest.raises(BadCursor):
        ByDue.parse(crafted(value))


def test_a_long_text_is_not_even_read() -> None:
    with pytest.raises(BadCursor):
        ByName.parse(ByName(name="x" * LONGEST_CURSOR).encode())


@given(st.integers(0, 12), st.integers(1, 5))
def test_next_is_there_exactly_when_a_row_is_left(count: int, limit: int) -> None:
    rows = [f"{number:02}" for number in range(count)]
    seen: list[str] = []
    pages = 0
    after: str | None = ""
    while after is not None:
        rest = [row for row in rows if row > after]
        page = page_of(rest[: limit + 1], limit, item=str, cursor=lambda row: ByName(name=row))
        pages += 1
        seen += page.items
        after = page.next and ByName.parse(page.next).name
    assert seen == rows
    assert pages == max(1, -(-count // limit)), "a full last page promises no other"


async def test_a_list_is_read_to_its_end_over_http() -> None:
    things = Things(names=[f"t{number}" for number in range(6)])
    async with client_of(app(things)) as client:
        first = (await client.get("/v1/things")).json()
        last = (await client.get("/v1/things", params={"after": first["next"]})).json()
    assert [item["name"] for item in first["items"] + last["items"]] == things.names
    assert last["next"] is None


@pytest.mark.parametrize("after", ["x", "", "AAAA", "k6ZoYXphcmQ", "\N{SNOWMAN}", "A" * 401])
async def test_a_crafted_cursor_is_told_from_other_mistakes(client: httpx.AsyncClient, after: str) -> None:
    response = await client.get("/v1/things", params={"after": after})
    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (422, "bad-cursor", "after")
