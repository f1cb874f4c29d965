"""The rights test itself: silent about a service that keeps its policy, and red for each way of breaking it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated

import httpx
import pytest
from fastapi import Depends

from services.chassis.access.policy import allow
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Specimen
from services.chassis.testing.rights.trial import examine
from services.chassis.tests.access import example
from services.chassis.tests.access.example import Thing, Things
from services.chassis.tests.access.world import app_with
from services.chassis.web.problems import Problem
from services.chassis.web.routes import Router


async def a_thing(database: Database, facts: Facts) -> str:
    """Make one thing of these facts."""
    name = f"t{secrets.token_hex(4)}"
    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO thing (name, county, township, sector, unit, enterprise) VALUES ($1, $2, $3, $4, $5, $6)",
            name,
            *(getattr(facts, dimension) for dimension in Dimension),
        )
    return name


def names(answer: httpx.Response, name: str) -> bool:
    return name in answer.json()["names"]


SPECIMENS = [
    Specimen.rows("GET /v1/things", make=a_thing, call=lambda _: Call(path="/v1/things"), shows=names),
    Specimen.item(
        "GET /v1/things/{name}",
        make=a_thing,
        call=lambda name: Call(path=f"/v1/things/{name}"),
        missing=Call(path="/v1/things/t-none"),
    ),
    Specimen.item(
        "POST /v1/things/{name}/finish",
        make=a_thing,
        call=lambda name: Call(path=f"/v1/things/{name}/finish"),
        missing=Call(path="/v1/things/t-none/finish"),
    ),
    Specimen.item(
        "POST /v1/things/{name}/answer",
        make=a_thing,
        call=lambda name: Call(path=f"/v1/things/{name}/answer"),
        missing=Call(path="/v1/things/t-none/answer"),
        carries=Dimension,
    ),
    Specimen.rows("GET /v1/export", make=a_thing, call=lambda _: Call(path="/v1/export"), shows=names),
    Specimen.plain("POST /v1/publish", call=lambda facts: Call(path="/v1/publish", params={"county": facts.county})),
    Specimen.rows(
        "GET /v1/sum",
        make=a_thing,
        call=lambda _: Call(path="/v1/sum"),
        shows=lambda answer, _: answer.json()["total"] > 0,
    ),
    Specimen.plain("GET /v1/state", call=lambda _: Call(path="/v1/state")),
    Specimen.plain("GET /v1/about", call=lambda _: Call(path="/v1/about")),
]


@pytest.mark.feature("SY65")
async def test_a_service_that_keeps_its_policy_passes(opened: Database) -> None:
    app = app_with(opened, *example.routers(Things(opened)))
    assert await examine(app, SPECIMENS) == []


class ForgetsSectorsInLists(Things):
    """Notifications as they were: a coal regulator reads every letter of the county."""

    async def find(self, caller: Caller, **asked: str | None) -> list[Thing]:
        county = asked.get("county")
        async with self._database.acquire() as connection:
            rows = await connection.fetch("SELECT name, county FROM thing")
        inside = caller.scope.narrowed(county=county).county
        return [Thing(row["name"], Facts(row["county"])) for row in rows if inside is None or row["county"] in inside]


class SaysThatARowIsForeign(Things):
    """A ledger that answers 403 for a foreign hazard tells that it exists."""

    def look(self, thing: Thing | None, caller: Caller) -> Thing:
        if thing is not None and not caller.finds(thing.facts):
            raise Problem("outside-scope", what="该事项")
        return super().look(thing, caller)


class FindsDifferentWords(Things):
    """A 404 that reads otherwise for foreign rows tells the same, only quieter."""

    def look(self, thing: Thing | None, caller: Caller) -> Thing:
        if thing is not None and not caller.finds(thing.facts):
            raise Problem("hazard-not-found")
        return super().look(thing, caller)


class RecordsNothing(Things):
    """A foreign row is kept back, and nobody ever hears that somebody asked."""

    def look(self, thing: Thing | None, caller: Caller) -> Thing:
        if thing is None or not caller.scope.covers(thing.facts):
            raise example.no_such_thing()
        return thing


class ShowsNothing(Things):
    """Safe and useless."""

    async def find(self, caller: Caller, **asked: str | None) -> list[Thing]:
        del caller, asked
        return []


class IgnoresFilters(Things):
    """Asking for a foreign county shows it."""

    async def find(self, caller: Caller, **asked: str | None) -> list[Thing]:
        everything = caller.scope.county is not None and asked.get("county")
        async with self._database.acquire() as connection:
            rows = await connection.fetch("SELECT name FROM thing")
        return [Thing(row["name"], Facts(None)) for row in rows] if everything else await super().find(caller, **asked)


@pytest.mark.parametrize(
    ("things", "endpoint", "said"),
    [
        (ForgetsSectorsInLists, "GET /v1/things", "as county_regulator of another sector in the own county sees a row"),
        (ForgetsSectorsInLists, "GET /v1/things", "as enterprise_principal of another enterprise sees a row"),
        (SaysThatARowIsForeign, "GET /v1/things/{name}", "should not find the row, and got 403 outside-scope"),
        (SaysThatARowIsForeign, "POST /v1/things/{name}/finish", "should not find the row, and got 403 outside-scope"),
        (FindsDifferentWords, "GET /v1/things/{name}", "can tell a foreign row"),
        (RecordsNothing, "GET /v1/things/{name}", "its refusal was not recorded"),
        (ShowsNothing, "GET /v1/things", "as city_office of the whole city sees nothing of a row inside its scope"),
        (IgnoresFilters, "GET /v1/things", "as county_office of another county asks for the row's county and sees"),
    ],
)
async def test_each_way_of_breaking_the_policy_is_told(
    opened: Database, things: Callable[[Database], Things], endpoint: str, said: str
) -> None:
    lines = await examine(app_with(opened, example.things_router(things(opened))), SPECIMENS[:4])
    assert any(line.startswith(f"{endpoint}: ") and said in line for line in lines), "\n".join(lines)


async def test_a_route_without_a_specimen_and_a_specimen_without_a_route_are_told(opened: Database) -> None:
    more = Router()

    @more.get("/v1/more")
    async def forgotten(caller: Annotated[Caller, Depends(allow(example.READ))]) -> example.TextDocument:
        return example.TextDocument(text=caller.account)

    app = app_with(opened, more)
    lines = await examine(app, SPECIMENS[:1])
    assert lines == ["GET /v1/more: has no specimen", "GET /v1/things: there is no such endpoint"]


async def test_a_specimen_that_reaches_another_endpoint_is_told(opened: Database) -> None:
    astray = Specimen.plain("GET /v1/about", call=lambda _: Call(path="/v1/state"))
    app = app_with(opened, *example.routers(Things(opened)))
    lines = await examine(app, [astray, *SPECIMENS[:-1]])
    assert lines == ["GET /v1/about: its specimen's request /v1/state goes to GET /v1/state"]
