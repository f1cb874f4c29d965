"""A service in small whose boxes are looked at, opened by commands of every form, and kept from strangers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Response

from services.chassis.access.keys import NewKey, new_token, store
from services.chassis.access.policy import PUBLIC, Action, Reach, allow, guard
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller, found_in_scope
from services.chassis.access.roles import REGULATORS
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Connection, Database
from services.chassis.storage.rounds import Rounds
from services.chassis.tests.access.city import CITY
from services.chassis.trail import http as trail
from services.chassis.trail.recorder import Recorder
from services.chassis.web.app import create_app
from services.chassis.web.documents import Document, answer
from services.chassis.web.idempotency import Attempt, Once
from services.chassis.web.imports import DryRun
from services.chassis.web.problems import Problem
from services.chassis.web.routes import Router

MIGRATIONS: Final = Path(__file__).parent / "migrations"
CITY_REGULATOR: Final = Principal("regulator-1", "city_regulator", "140500")
COUNTY_REGULATOR: Final = Principal("regulator-2", "county_regulator", "140502")
AUDITOR: Final = Principal("auditor-1", "auditor", "140500")
OPERATOR: Final = Principal("operator-1", "operator", "140500")

READ = Action("example.boxes.read", "查看", roles=REGULATORS)
OPEN = Action("example.boxes.open", "打开", roles=REGULATORS)
WHISPER = Action("example.boxes.whisper", "投递", roles=REGULATORS, veiled=True)
WATCH = Action("example.boxes.watch", "查看平台状态", roles=REGULATORS, reach=Reach.NOTHING)


class Box(Document, frozen=True, kw_only=True):
    """A box."""

    name: str
    county: str
    opened: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A command of a round."""

    name: str
    once: Attempt


async def _at_once() -> None:
    """Hold nothing up."""


@dataclass
class Gate:
    """What holds a round up once it has begun."""

    before: Callable[[], Awaitable[object]] = _at_once
    begun: asyncio.Event = field(default_factory=asyncio.Event)


async def opened(connection: Connection, name: str) -> Box:
    """Open a box; raises the 404 of one that isn't there."""
    row = await connection.fetchrow("UPDATE box SET opened = opened + 1 WHERE name = $1 RETURNING *", name)
    if row is None:
        raise Problem("not-found", field="name")
    return Box(**dict(row))


def example(database: Database) -> FastAPI:
    """Return the guarded app."""
    routes = Router(prefix="/v1")
    _reads(routes, database)
    _commands(routes, database)
    gate = Gate()
    _further_commands(routes, database, gate)
    app = guard(
        create_app("example", title="example", database=database, routers=[routes, trail.router("example", database)]),
        CITY,
    )
    app.state.trail = Recorder(database)
    app.state.rounds = gate
    return app


def _reads(routes: Router, database: Database) -> None:
    @routes.get("/boxes/{name}")
    async def one(name: str, caller: Annotated[Caller, Depends(allow(READ))]) -> Box:
        async with database.acquire() as connection:
            row = await connection.fetchrow("SELECT * FROM box WHERE name = $1", name)
        found = None if row is None else Box(**dict(row))
        return found_in_scope(found, lambda box: Facts(box.county), caller, Problem("not-found", field="name"))

    @routes.get("/state")
    async def state(caller: Annotated[Caller, Depends(allow(WATCH))]) -> Box:
        del caller
        return Box(name="-", county="-", opened=0)

    @routes.get("/open", dependencies=[PUBLIC])
    async def public() -> Box:
        return Box(name="-", county="-", opened=0)


def _commands(routes: Router, database: Database) -> None:
    @routes.post("/boxes/{name}/open")
    async def open_once(name: str, caller: Annotated[Caller, Depends(allow(OPEN))], once: Once) -> Response:
        async with database.transaction() as connection:
            await once.begin(connection, caller.account)
            return await once.keep(connection, answer(await opened(connection, name)))

    @routes.post("/boxes/{name}/open-plainly")
    async def open_plainly(name: str, caller: Annotated[Caller, Depends(allow(OPEN))]) -> Box:
        del caller
        async with database.transaction() as connection:
            return await opened(connection, name)

    @routes.post("/boxes/{name}/open-and-fail")
    async def open_and_fail(name: str, caller: Annotated[Caller, Depends(allow(OPEN))]) -> Box:
        del caller
        async with database.transaction() as connection:
            await opened(connection, name)
        raise RuntimeError("after the commit")


def _further_commands(routes: Router, database: Database, gate: Gate) -> None:
    rounds = Rounds[Asked, Response](partial(carry_out, database, gate), apart=lambda asked: asked.name)

    @routes.post("/boxes/{name}/open-together")
    async def open_together(name: str, caller: Annotated[Caller, Depends(allow(OPEN))], once: Once) -> Response:
        del caller
        return await rounds.ask(Asked(name, once))

    @routes.post("/boxes/{name}/try")
    async def attempt(name: str, caller: Annotated[Caller, Depends(allow(OPEN))], dry_run: DryRun) -> Box:
        del caller, dry_run
        async with database.acquire() as connection:
            return Box(**dict(await connection.fetchrow("SELECT * FROM box WHERE name = $1", name) or {}))

    @routes.post("/boxes/{name}/whisper")
    async def whisper(name: str, caller: Annotated[Caller, Depends(allow(WHISPER))]) -> Box:
        del caller
        async with database.transaction() as connection:
            return await opened(connection, name)


async def carry_out(database: Database, gate: Gate, asked: Sequence[Asked]) -> Sequence[Response | Problem]:
    """Carry out a round: what is refused is a value, and touches no neighbour."""
    said: list[Response | Problem] = []
    gate.begun.set()
    await gate.before()
    async with database.transaction() as connection:
        for each in asked:
            try:
                response = answer(await opened(connection, each.name))
            except Problem as problem:
                said.append(problem)
            else:
                await each.once.keep(connection, response)
                said.append(response)
    return said


async def key_of(database: Database, principal: Principal) -> dict[str, str]:
    """Store a key; return the headers that carry it."""
    token = new_token()
    async with database.transaction() as connection:
        await store(connection, [NewKey(principal, token)])
    return {"authorization": f"Bearer {token}"}
