"""Which endpoints wait longer for a lock than a request may: each is asked while another session keeps every table from being written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import asyncpg
import httpx
import pytest
import structlog
from fastapi import FastAPI

from duban_contracts.refusals import PROBLEM_CONTENT_TYPE
from services.chassis.access.policy import GuardedRoute, Reach, routes_of
from services.chassis.process import short_tries
from services.chassis.storage.beginning import waiting_at_most
from services.chassis.storage.database import Database
from services.chassis.testing.rights.people import Person, Sample, people, provide_keys
from services.chassis.testing.rights.specimens import Specimen

# What keeps all from writing or locking a row and nobody from reading: a request comes as far as what it writes.
_HELD: Final = """
DO $$ BEGIN
  EXECUTE (SELECT format('LOCK TABLE %s IN EXCLUSIVE MODE', string_agg(oid::regclass::text, ', ' ORDER BY oid))
             FROM pg_class
            WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'trail'));
END $$"""
_CODES: Final = frozenset({"unavailable", "not-accepted"})


async def waits_for_long(
    app: FastAPI,
    specimens: Sequence[Specimen],
    patch: pytest.MonkeyPatch,
    *,
    beside: Sequence[str] = (),
) -> list[str]:
    """Return, a line each, which endpoints of these are not told 503 to try again once the short wait is over, or did half of it.

    Reads are asked, too, and may be answered. `beside` are the DSNs of databases beside the app's own. That a request waited for a lock
    and for nothing else is told by its error: a statement's own end is another.
    """
    # One wait of each, and a short one: not how long it is is at stake, but that it ends.
    patch.setattr(Database, "for_a_request", waiting_at_most(0.05))
    patch.setattr(short_tries, "PATIENCE_SECONDS", 0.0)
    routes = {route.key: route for route in routes_of(app, app.state.service)}
    callers = people(Sample.of(app.state.access.city))
    await provide_keys(app.state.database, callers)
    found: list[str] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://held") as client:
        for specimen in (each for each in specimens if routes[each.route].action is not None):
            probe = _Probe(app.state.database, client, routes[specimen.route], specimen)
            if said := await probe.run(app, callers, beside):
                found.append(f"{specimen.route}: {said}")
    return found


@dataclass(frozen=True, slots=True)
class _Probe:
    """One endpoint, asked by one who may."""

    database: Database
    client: httpx.AsyncClient
    route: GuardedRoute
    specimen: Specimen

    async def run(self, app: FastAPI, callers: Sequence[Person], beside: Sequence[str]) -> str | None:
        """Return what is wrong, or None."""
        # Some rows let nobody of the callers do it, by a rule of their own.
        caller = min(filter(self._admits, callers), key=lambda each: self._own_rule(each) is not None)
        facts = Sample.of(app.state.access.city).facts
        made = await self.specimen.make(self.database, facts) if self.specimen.make else caller.own_facts
        call = self.specimen.call(made)
        with structlog.testing.capture_logs() as logged:
            async with AsyncExitStack() as held:
                await (await held.enter_async_context(self.database.transaction())).execute(_HELD)
                for dsn in beside:
                    await held.enter_async_context(_holding(dsn))
                answer = await call.send(self.client, self.route.method, caller.token)
        met = [str(line["error"]) for line in logged if "error" in line]
        if self._is_well(answer, caller) and (self.route.method == "GET" or not answer.is_success):
            return None
        if not _is_told_to_try_again(answer) or not met or not all(each.startswith("LockNotAvail") for each in met):
            return f"{answer.status_code} {answer.text[:120]} {met}"
        again = await call.send(self.client, self.route.method, caller.token)
        return None if self._is_well(again, caller) else f"once nothing is held: {again.status_code} {again.text[:120]}"

    def _admits(self, person: Person) -> bool:
        action, specimen = self.route.action, self.specimen
        assert action is not None
        if person.role not in action.roles or not person.reaches(action.reach):
            return False
        own_unit = action.reach is Reach.UNIT
        return specimen.make is None or person.sees(specimen.carries, own_unit=own_unit, blind=specimen.blind)

    def _own_rule(self, person: Person) -> str | None:
        return self.specimen.refuses(person.principal)

    def _is_well(self, answer: httpx.Response, caller: Person) -> bool:
        """Return whether it was done, or refused by a rule of the row's own before anything was to be written."""
        return answer.is_success or answer.json()["code"] == self._own_rule(caller)


def _is_told_to_try_again(answer: httpx.Response) -> bool:
    return (
        answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        and "retry-after" in answer.headers
        and answer.headers["content-type"] == PROBLEM_CONTENT_TYPE
        and answer.json()["code"] in _CODES
    )


@asynccontextmanager
async def _holding(dsn: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(_HELD)
            yield
    finally:
        await connection.close()
