"""What a service's reads give away when nothing but PostgreSQL keeps people within their scopes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI

from services.chassis.access.policy import GuardedRoute, Reach, routes_of
from services.chassis.access.roles import Role
from services.chassis.access.scope import Scope
from services.chassis.testing.nested import nested_acquires
from services.chassis.testing.rights.people import Person, Sample, people, provide_keys
from services.chassis.testing.rights.specimens import Kind, Specimen


async def leaks(app: FastAPI, specimens: Sequence[Specimen], patch: pytest.MonkeyPatch) -> list[str]:
    """Return, a line each, which of the service's reads shows whom a row outside the scope once the first wall is down.

    `access.scope` then admits everything, to SQL and to a row in hand alike.
    """
    callers, made = await _reads(app, [each for each in specimens if each.kind is not Kind.PLAIN])
    patch.setattr(Scope, "excludes", lambda _, facts: None)  # noqa: ARG005 - as it is called
    patch.setattr(Scope, "where", lambda _, columns, first=1: ([], []))  # noqa: ARG005
    found: list[str] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://leaks") as client:
        with structlog.testing.capture_logs():
            for route, specimen, row in made:
                seen = [
                    (each, await _shown(client, specimen, row, each)) for each in _shut_out(route, specimen, callers)
                ]
                found += [f"{route.key} as {person.name}: {shown}" for person, shown in seen if shown]
    return found


async def nested(app: FastAPI, specimens: Sequence[Specimen], patch: pytest.MonkeyPatch) -> list[str]:
    """Return which of the service's reads take a second connection of a pool while they hold one, told somebody's who may read."""
    callers, made = await _reads(app, specimens)
    found: list[str] = []
    told = nested_acquires(patch)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://nested") as client:
        for route, specimen, row in made:
            for person in _admitted(route, callers):
                await _shown(client, specimen, row, person)
                found += [f"{route.key} as {person.name}" for _ in told]
                told.clear()
    return found


async def _reads(
    app: FastAPI, specimens: Sequence[Specimen]
) -> tuple[Sequence[Person], list[tuple[GuardedRoute, Specimen, Any]]]:
    """Return callers with keys, and each read with a row of the sample's place that was made for it."""
    routes = {route.key: route for route in routes_of(app, app.state.service)}
    sample = Sample.of(app.state.access.city)
    callers = people(sample)
    await provide_keys(app.state.database, callers)
    made = [
        (routes[each.route], each, await each.make(app.state.database, sample.facts))
        for each in specimens
        if each.make is not None and each.route.startswith("GET ")
    ]
    return callers, made


def _admitted(route: GuardedRoute, callers: Sequence[Person]) -> list[Person]:
    """Return one of each role that may call the route."""
    action = route.action
    assert action is not None
    return list(
        {each.role: each for each in callers if each.role in action.roles and each.reaches(action.reach)}.values()
    )


def _shut_out(route: GuardedRoute, specimen: Specimen, callers: Sequence[Person]) -> list[Person]:
    """Return who may call the route and does not see the specimen's row: one of each scope, whatever the role."""
    action = route.action
    assert action is not None
    found = [
        person
        for person in callers
        if person.role in action.roles
        and person.reaches(action.reach)
        and not person.sees(specimen.carries, own_unit=action.reach is Reach.UNIT, blind=specimen.blind)
    ]
    return list(
        {(each.place.name, each.place.enterprise, each.role == Role.INTEGRATOR): each for each in found}.values()
    )


async def _shown(client: httpx.AsyncClient, specimen: Specimen, row: Any, person: Person) -> str | None:
    call = specimen.call(row)
    headers = {**call.headers, "authorization": f"Bearer {person.token}"}
    answer = await client.get(call.path, params=dict(call.params), headers=headers)
    if specimen.kind is Kind.ITEM:
        return None if answer.status_code == 404 else f"{answer.status_code} {answer.text[:80]}"  # noqa: PLR2004
    if not answer.is_success:
        return f"{answer.status_code} {answer.text[:80]}"
    return "sees it" if specimen.shows(answer, row) else None
