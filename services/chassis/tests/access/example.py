"""A service in small, with every kind of endpoint: what a slice's tables, policy and routes look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import asyncpg
from fastapi import Depends

from services.chassis.access.policy import PUBLIC, Action, Reach, allow, permits
from services.chassis.access.refusals import Caller, found_in_scope
from services.chassis.access.roles import (
    CASE_STAFF,
    CITY_STAFF,
    ENTERPRISE,
    INTEGRATORS,
    OPERATORS,
    REGULATORS,
    TOWNSHIP,
)
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.web.documents import Document
from services.chassis.web.problems import Problem
from services.chassis.web.routes import Router

COLUMNS: Final = {dimension: dimension.value for dimension in Dimension}

READ = Action("example.things.read", "查看事项", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE | INTEGRATORS)
READ_SECRET = Action("example.things.read-secret", "查看事项的内情", roles=REGULATORS)
FINISH = Action("example.things.finish", "办结事项", roles=REGULATORS | ENTERPRISE)
ANSWER = Action("example.things.answer", "答复本单位的事项", roles=CASE_STAFF, reach=Reach.UNIT)
EXPORT = Action("example.things.export", "导出全部事项", roles=CITY_STAFF, reach=Reach.CITY)
PUBLISH = Action("example.things.publish", "报送事项", roles=INTEGRATORS, reach=Reach.COUNTY)
SUM = Action("example.things.sum", "统计事项", roles=CASE_STAFF | TOWNSHIP | ENTERPRISE, reach=Reach.COUNTIES)
WATCH = Action("example.things.watch", "查看平台状态", roles=OPERATORS, reach=Reach.NOTHING)


@dataclass(frozen=True, slots=True)
class Thing:
    """A row."""

    name: str
    facts: Facts


def facts_of(thing: Thing) -> Facts:
    """Return what decides who may see a thing."""
    return thing.facts


def no_such_thing() -> Problem:
    """Return the answer for a thing that isn't there."""
    return Problem("not-found", field="name")


class Things:
    """The table, in its correct form. The tests plant faults in subclasses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, name: str) -> Thing | None:
        """Return the thing of this name."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow("SELECT * FROM thing WHERE name = $1", name)
        return None if row is None else _thing(row)

    async def find(self, caller: Caller, **asked: str | None) -> list[Thing]:
        """Return what the caller sees and asks for."""
        conditions, values = caller.scope.narrowed(**asked).where(COLUMNS)
        where = " AND ".join(["true", *conditions])
        async with self._database.acquire() as connection:
            rows = await connection.fetch(f"SELECT * FROM thing WHERE {where} ORDER BY name", *values)  # noqa: S608
        return [_thing(row) for row in rows]

    async def sum(self, caller: Caller) -> int:
        """Return how many things lie in the caller's counties and sectors."""
        return len(await self.find(caller))

    def look(self, thing: Thing | None, caller: Caller) -> Thing:
        """Return the thing if it exists for the caller; raises Problem 404."""
        return found_in_scope(thing, facts_of, caller, no_such_thing())


def _thing(row: asyncpg.Record) -> Thing:
    return Thing(row["name"], Facts(**{dimension.value: row[dimension] for dimension in Dimension}))


class ThingDocument(Document, frozen=True, omit_defaults=True):
    """A thing as HTTP shows it; `secret` for those who may read it."""

    name: str
    secret: str | None = None


class NamesDocument(Document, frozen=True):
    """The names of things."""

    names: tuple[str, ...]


class SumDocument(Document, frozen=True):
    """How many things there are."""

    total: int


class TextDocument(Document, frozen=True):
    """Something said."""

    text: str


def things_router(things: Things) -> Router:
    """Return the routes of things: a list, one, two commands."""
    routes = Router(prefix="/v1", tags=["things"])

    @routes.get("/things", summary="事项列表")
    async def page(
        caller: Annotated[Caller, Depends(allow(READ))], county: str | None = None, sector: str | None = None
    ) -> NamesDocument:
        return _names(await things.find(caller, county=county, sector=sector))

    @routes.get("/things/{name}", summary="一件事项")
    async def one(name: str, caller: Annotated[Caller, Depends(allow(READ, beside=[READ_SECRET]))]) -> ThingDocument:
        thing = things.look(await things.one(name), caller)
        return ThingDocument(name=thing.name, secret="内情" if permits(caller, READ_SECRET) else None)

    @routes.post("/things/{name}/finish", summary="办结")
    async def finish(name: str, caller: Annotated[Caller, Depends(allow(FINISH))]) -> ThingDocument:
        return ThingDocument(name=things.look(await things.one(name), caller).name)

    @routes.post("/things/{name}/answer", summary="答复")
    async def answer(name: str, caller: Annotated[Caller, Depends(allow(ANSWER))]) -> ThingDocument:
        return ThingDocument(name=things.look(await things.one(name), caller).name)

    return routes


def other_router(things: Things) -> Router:
    """Return the routes that reach further, or nowhere."""
    routes = Router(prefix="/v1", tags=["others"])

    @routes.get("/export", summary="全部事项")
    async def export(caller: Annotated[Caller, Depends(allow(EXPORT))]) -> NamesDocument:
        return _names(await things.find(caller))

    @routes.post("/publish", summary="报送")
    async def publish(county: str, caller: Annotated[Caller, Depends(allow(PUBLISH))]) -> TextDocument:
        if county != caller.county:
            raise Problem("county-mismatch", field="county", county=caller.county)
        return TextDocument(text=county)

    @routes.get("/sum", summary="统计")
    async def total(caller: Annotated[Caller, Depends(allow(SUM))]) -> SumDocument:
        return SumDocument(total=await things.sum(caller))

    @routes.get("/state", summary="平台状态", dependencies=[Depends(allow(WATCH))])
    async def state() -> TextDocument:
        return TextDocument(text="well")

    @routes.get("/about", summary="关于", dependencies=[PUBLIC])
    async def about() -> TextDocument:
        return TextDocument(text="an example")

    return routes


def _names(things: list[Thing]) -> NamesDocument:
    return NamesDocument(names=tuple(thing.name for thing in things))


def routers(things: Things) -> list[Router]:
    """Return all routes of the example."""
    return [things_router(things), other_router(things)]
