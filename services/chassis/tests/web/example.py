"""A small service that speaks the house's HTTP: things that are confirmed, listed and changed."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import httpx
import msgspec
from fastapi import Depends, FastAPI, Path, Query, Request, Response

from duban_contracts.events.types import Code, Evidence, LongText, Sector, ShortText
from services.chassis.storage.database import Database
from services.chassis.telemetry import tracing
from services.chassis.web.app import create_app
from services.chassis.web.bodies import JsonBody, body_of, sent
from services.chassis.web.documents import Document, answer
from services.chassis.web.idempotency import Once
from services.chassis.web.paging import After, Cursor, Page, page_of
from services.chassis.web.parameters import Checked, County, Day, Limit, Listed, Moment, Position
from services.chassis.web.preconditions import Expecting
from services.chassis.web.problems import Problem, declares, may_answer
from services.chassis.web.routes import Router


class Grade(enum.StrEnum):
    GENERAL = "general"
    MAJOR = "major"


class Confirm(msgspec.Struct, frozen=True, kw_only=True):
    """确认: a pure command, which knows nothing of HTTP."""

    grade: Grade
    responsible_unit: Code
    deadline_on: date
    criterion: ShortText | None = None
    sector: Sector | None = None
    evidence: tuple[Evidence, ...] = ()


class Submit(msgspec.Struct, frozen=True, kw_only=True):
    """整改完成."""

    measures: LongText
    submitted_at: datetime


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A text without any limit of its own."""

    text: str


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """A number without any limit of its own."""

    number: int


class ThingDocument(Document, frozen=True, kw_only=True):
    """One thing."""

    thing_id: UUID
    name: str
    version: int
    grade: Grade | None = None
    evidence: tuple[Evidence, ...] = ()


class Heard(Document, frozen=True, kw_only=True, tag="heard"):
    """Something that was heard."""

    words: str


class Seen(Document, frozen=True, kw_only=True, tag="seen"):
    """Something that was seen."""

    grade: Grade


class Trail(Document, frozen=True, kw_only=True):
    """Whatever happened, in order."""

    items: tuple[Heard | Seen, ...]


class ByName(Cursor, frozen=True, tag="things"):
    name: str


@may_answer("unauthenticated")
async def caller(request: Request) -> str:
    if request.headers.get("authorization") != "Bearer good":
        raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    return "account-1"


Caller = Annotated[str, Depends(caller)]


@dataclass
class Things:
    """What the example holds, and never changes; `database` only for the commands that may be repeated."""

    names: Sequence[str] = tuple(f"thing-{letter}" for letter in "abcdefg")
    database: Database | None = None


def document(name: str, version: int = 1, **values: Any) -> ThingDocument:
    return ThingDocument(thing_id=UUID(int=7), name=name, version=version, **values)


def router(things: Things) -> Router:
    routes = Router(prefix="/v1", tags=["things"])
    _reads(routes, things)
    _moves(routes)
    _others(routes, things)
    _repeatable(routes, things)
    return routes


def _reads(routes: Router, things: Things) -> None:
    @routes.get("/things", summary="列表")
    async def page(
        who: Caller,
        after: After[ByName] = None,
        limit: Limit = 3,
        grade: Grade | None = None,
        on: Day | None = None,
        due_before: Moment | None = None,
        county: County | None = None,
        unit: Annotated[str | None, Checked(Code)] = None,
        by: Annotated[tuple[str, ...], Listed(("county", "grade")), Query()] = (),
    ) -> Page[ThingDocument]:
        following = [name for name in sorted(things.names) if after is None or name > after.name]
        return page_of(following[: limit + 1], limit, item=document, cursor=lambda name: ByName(name=name))

    @routes.get("/echo", summary="所读到的参数")
    async def echo(on: Day | None = None, due_before: Moment | None = None, position: Position = 0) -> Note:
        return Note(text=f"{on} {due_before and due_before.isoformat()}")

    @routes.get("/things/{name}", summary="一条", responses=declares("hazard-not-found", "state-conflict"))
    async def one(name: Annotated[str, Path(max_length=20)], who: Caller) -> ThingDocument:
        if name == "bug":
            raise ValueError("of the third kind")
        if name == "away":
            raise ConnectionRefusedError("of the database")
        if name == "missing":
            raise Problem("hazard-not-found", field="name")
        return document(name)

    @routes.get("/trace/{name}", summary="轨迹")
    async def trace(name: str) -> Note:
        return Note(text=tracing.current_traceparent() or "")


def _moves(routes: Router) -> None:
    @routes.post("/things/{name}/confirm", summary="确认", response_model=ThingDocument)
    async def confirm(name: str, command: JsonBody[Confirm], who: Caller, expecting: Expecting) -> Response:
        assert type(command) is Confirm
        if (unmet := expecting.unmet(3)) is not None:
            raise Problem.of(unmet, version=3, state="reported")
        return answer(document(name, 4, grade=command.grade, evidence=command.evidence), version=4)

    @routes.post("/things/{name}/submit", summary="整改完成", status_code=201)
    async def submit(name: str, body: Any = Depends(sent(body_of(Submit, without=("submitted_at",))))) -> Note:  # noqa: B008
        command = body.command(submitted_at=datetime(2026, 11, 25))  # noqa: DTZ001
        assert type(command) is Submit
        return Note(text=command.measures)


def _others(routes: Router, things: Things) -> None:
    @routes.get("/trail", summary="经过")
    async def trail() -> Trail:
        return Trail(items=(Heard(words="x"), Seen(grade=Grade.MAJOR)))

    @routes.delete("/things/{name}", summary="删除", status_code=204)
    async def delete(name: str, who: Caller) -> None:
        if name not in things.names:
            raise Problem("not-found", field="name")


def _repeatable(routes: Router, things: Things) -> None:
    @routes.post("/notes", summary="记一笔", response_model=Note)
    async def take_note(note: JsonBody[Note], who: Caller, once: Once) -> Response:
        assert things.database is not None
        async with things.database.transaction() as connection:
            await once.begin(connection, who)
            if note.text == "refused":
                raise Problem("state-conflict", state="closed", move="note")
            await connection.execute("INSERT INTO note (text) VALUES ($1)", note.text)
            number = await connection.fetchval("SELECT count(*) FROM note")
            return await once.keep(connection, answer(Note(text=f"{note.text} {number}"), version=number, status=201))

    @routes.post("/forgetful", summary="忘记留存答复", response_model=Note)
    async def forgetful(note: JsonBody[Note], once: Once) -> Response:
        assert things.database is not None
        async with things.database.transaction() as connection:
            await once.begin(connection, "account-1")
            return answer(note)


def app(things: Things | None = None, database: Database | None = None) -> FastAPI:
    held = things or Things(database=database)
    return create_app("test", title="示例", database=database, routers=[router(held)])  # type: ignore[arg-type]


def client_of(served: FastAPI) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    key = {"Authorization": "Bearer good"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test", headers=key)


def told(response: httpx.Response) -> Mapping[str, str]:
    """Return the code of each broken rule by the field it stands at."""
    return {error["field"]: error["code"] for error in response.json()["errors"]}


def confirmation(**fields: Any) -> dict[str, Any]:
    return {"grade": "major", "responsible_unit": "fire_rescue", "deadline_on": "2026-12-01", **fields}
