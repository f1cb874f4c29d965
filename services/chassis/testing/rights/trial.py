"""Tries every endpoint of a service with every role and scope, and compares what happens with what the policy says."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import httpx
import structlog
from fastapi import FastAPI

from services.chassis.access.policy import GuardedRoute, Reach, routes_of
from services.chassis.access.refusals import Reason
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.telemetry import metrics
from services.chassis.testing.rights.people import Person, Sample, people, provide_keys
from services.chassis.testing.rights.specimens import Call, Kind, Specimen
from services.chassis.trail.recorder import Recorder

# Newest first: of rows before it there are many.
_IN_THE_TRAIL: Final = """
SELECT EXISTS (SELECT FROM (SELECT * FROM trail.act ORDER BY position DESC LIMIT 5) AS newest
                WHERE account = $1 AND action = $2 AND route = $3)"""
_TRAIL: Final = Specimen.plain("GET /v1/trail", call=lambda _: Call(path="/v1/trail"))


async def examine(app: FastAPI, specimens: Sequence[Specimen], part: int = 0, of: int = 1) -> list[str]:
    """Return, a line each, what does not answer as the policy says; an endpoint without a specimen is one.

    Whatever is done, read or refused must stand in the service's trail, too (SY66): a route that evades it is a line.

    `app` is the service's own, guarded, on a migrated database. A service of many endpoints is tried in several tests:
    this one tries part number `part` (from 0) `of` so many.
    """
    routes = {route.key: route for route in routes_of(app, app.state.service)}
    # Every service has the trail, and no slice makes it.
    known = {specimen.route: specimen for specimen in (*specimens, *([_TRAIL] if _TRAIL.route in routes else []))}
    lines = [f"{key}: has no specimen" for key in routes if key not in known]
    lines += [f"{key}: there is no such endpoint" for key in known if key not in routes]
    sample = Sample.of(app.state.access.city)
    callers = people(sample)
    await provide_keys(app.state.database, callers)
    transport = httpx.ASGITransport(app)
    # Thousands of requests, most of them refused, would drown what the test has to say.
    with structlog.testing.capture_logs() as logged:
        async with httpx.AsyncClient(transport=transport, base_url="http://rights") as client:
            for key in sorted(routes.keys() & known.keys())[part::of]:
                trial = _Trial(app, client, routes, routes[key], known[key], sample)
                lines += [f"{key}: {line}" async for line in trial.run(callers)]
    crashes = {f"{line['method']}: {line['exc_info']!r}" for line in logged if line["event"] == "request failed"}
    return sorted(lines) + sorted(crashes)


class _Trial:
    """One endpoint before all callers."""

    def __init__(
        self,
        app: FastAPI,
        client: httpx.AsyncClient,
        routes: Mapping[str, GuardedRoute],
        route: GuardedRoute,
        specimen: Specimen,
        sample: Sample,
    ) -> None:
        self._app = app
        self._database: Database = app.state.database
        self._trail = Recorder(self._database)
        self._client = client
        self._routes = routes
        self._route = route
        self._specimen = specimen
        self._sample = sample
        self._row: Any = None

    async def run(self, callers: Sequence[Person]) -> AsyncIterator[str]:
        """Yield what is wrong."""
        call = await self._fresh(self._sample.facts)
        if other := self._taken_by_another(call):
            yield f"its specimen's request {call.path} goes to {other}"
            return
        if self._route.action is None:
            answer = await self._send(call, None)
            if not answer.is_success:
                yield f"is open, and answered {_said(answer)} without a key"
            return
        async for line in self._expect_refusal(call, None, 401, Reason.UNAUTHENTICATED):
            yield f"without a key {line}"
        for person in callers:
            async for line in self._try(person):
                yield f"as {person.name} {line}"

    async def _try(self, person: Person) -> AsyncIterator[str]:
        action = self._route.action
        assert action is not None
        call = self._again(person)
        if person.role not in action.roles:
            # Whatever an excluded role's scope is, it is excluded; once is enough.
            if person.is_widest:
                async for line in self._expect_refusal(call, person, 403, Reason.ROLE):
                    yield line
        elif not person.reaches(action.reach):
            async for line in self._expect_refusal(call, person, 403, Reason.REACH):
                yield line
        elif self._specimen.kind is Kind.ITEM and not self._exists_for(person):
            async for line in self._expect_absence(call, person):
                yield line
        else:
            if self._route.method != "GET" and self._specimen.kind is not Kind.PLAIN:
                call = await self._fresh(self._sample.facts)
            async for line in self._expect_success(call, person):
                yield line

    def _exists_for(self, person: Person) -> bool:
        action = self._route.action
        assert action is not None
        specimen = self._specimen
        return person.sees(specimen.carries, own_unit=action.reach is Reach.UNIT, blind=specimen.blind)

    async def _expect_refusal(
        self, call: Call, person: Person | None, status: int, reason: Reason
    ) -> AsyncIterator[str]:
        before = self._refused(reason)
        answer = await self._send(call, person)
        if answer.status_code != status or _code(answer) != reason:
            yield f"should be refused with {status} {reason}, and got {_said(answer)}"
        elif self._refused(reason) != before + 1:
            yield f"was refused with {status}, and that was not recorded"
        elif not await self._is_in_the_trail(None if person is None else person.principal.account):
            yield f"was refused with {status}, and the trail says nothing of it"

    async def _expect_absence(self, call: Call, person: Person) -> AsyncIterator[str]:
        missing = self._specimen.missing
        assert missing is not None
        before = self._refused(Reason.SCOPE)
        foreign = await self._send(call, person)
        if foreign.status_code != 404:  # noqa: PLR2004
            yield f"should not find the row, and got {_said(foreign)}"
            return
        if self._refused(Reason.SCOPE) != before + 1 or not await self._is_in_the_trail(person.principal.account):
            yield "did not find the row, and its refusal was not recorded"
        nobody = await self._send(missing, person)
        if _apart_from(foreign, call, missing) != _apart_from(nobody, missing, call):
            yield f"can tell a foreign row ({foreign.text}) from one that does not exist ({nobody.text})"

    async def _expect_success(self, call: Call, person: Person) -> AsyncIterator[str]:
        action = self._route.action
        assert action is not None
        answer = await self._send(call, person)
        own_rule = self._specimen.refuses(person.principal)
        if own_rule is not None:
            if _code(answer) != own_rule:
                yield f"should be refused with {own_rule} by the row's own rule, and got {_said(answer)}"
            return
        if not answer.is_success:
            yield f"may do it, and got {_said(answer)}"
            return
        shows_nobodys_data = self._route.method == "GET" and action.reach is Reach.NOTHING
        if not shows_nobodys_data and not await self._is_in_the_trail(person.principal.account):
            yield "did it, and the trail says nothing of it"
        if self._specimen.kind is not Kind.ROWS:
            return
        inside = self._exists_for(person)
        if self._specimen.shows(answer, self._row) != inside:
            yield "sees nothing of a row inside its scope" if inside else "sees a row outside its scope"
        facts = self._sample.facts
        for name in (d.value for d in Dimension if d.value in self._route.filters and d.value not in call.params):
            asked = await self._send(replace(call, params={**call.params, name: getattr(facts, name)}), person)
            if not asked.is_success:
                yield f"asks for {name} and got {_said(asked)}"
            elif self._specimen.shows(asked, self._row) != inside:
                yield f"asks for the row's {name} and {'finds nothing' if inside else 'sees a row outside its scope'}"

    async def _is_in_the_trail(self, account: str | None) -> bool:
        """Return whether the trail tells of the request that was sent last, where it has to."""
        action = self._route.action
        assert action is not None
        wanted = (account, action.name, self._route.path)
        if action.veiled or any((row.account, row.action, row.route) == wanted for row in self._trail.held):
            return True
        async with self._database.acquire() as connection:
            found: bool = await connection.fetchval(_IN_THE_TRAIL, *wanted)
        return found

    async def _fresh(self, facts: Facts) -> Call:
        """Return the request that reaches a new row."""
        if self._specimen.make is None:
            return self._specimen.call(facts)
        self._row = await self._specimen.make(self._database, facts)
        return self._specimen.call(self._row)

    def _again(self, person: Person) -> Call:
        """Return the request that reaches the row at hand; where there is none, one about the caller's own place."""
        if self._specimen.make is None:
            return self._specimen.call(person.own_facts)
        return self._specimen.call(self._row)

    async def _send(self, call: Call, person: Person | None) -> httpx.Response:
        self._trail = self._app.state.trail = Recorder(self._database)
        return await call.send(self._client, self._route.method, None if person is None else person.token)

    def _taken_by_another(self, call: Call) -> str | None:
        for key, route in self._routes.items():
            if route.method == self._route.method and re.fullmatch(
                re.sub(r"\{[^}]+\}", "[^/]+", route.path), call.path
            ):
                return None if key == self._route.key else key
        return "nowhere"

    def _refused(self, reason: Reason) -> float:
        action = self._route.action
        assert action is not None
        # Asked at every probe: of this one series, not of everything that a service exports.
        refused: float = metrics.ACCESS_REFUSALS.labels(action.name, reason)._value.get()  # noqa: SLF001
        return refused


def _code(answer: httpx.Response) -> str | None:
    body = answer.json() if "json" in answer.headers.get("content-type", "") else None
    return body.get("code") if isinstance(body, dict) else None


def _said(answer: httpx.Response) -> str:
    return f"{answer.status_code} {_code(answer) or answer.text[:80]}"


def _apart_from(answer: httpx.Response, call: Call, other: Call) -> tuple[int, str]:
    """Return what an answer says, without the names by which its request differs from the other's."""
    text = answer.text
    for name in set(call.path.split("/")) - set(other.path.split("/")):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", text)
    return answer.status_code, text
