"""The policy: which role may do what. Slices declare actions, every route names exactly one, nothing is open by default.

    READ = Action("ledger.hazards.read", "查看隐患", roles=CASE_STAFF | ENTERPRISE)

    @routes.get("/v1/hazards/{name}")
    async def one(name: str, caller: Annotated[Caller, Depends(allow(READ))]) -> HazardDocument: ...

`guard` refuses to make an app with a route that names none. docs/rights.md shows all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any, Final

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from duban_contracts.profile import City
from services.chassis.access.credentials import Credentials
from services.chassis.access.keys import Authenticator
from services.chassis.access.noting import note_asked, note_caller
from services.chassis.access.refusals import Caller, Reason, expect, record
from services.chassis.access.roles import Role, Roles, holds
from services.chassis.access.scope import Scope
from services.chassis.access.signin import opening, refusals
from services.chassis.web.problems import Problem

_NAME: Final = re.compile(r"[a-z]+(\.[a-z][a-z-]*){2}\Z")
# Probes and the description of the API: they hold no case data, and whoever watches a process has no key.
UNGUARDED: Final = frozenset({"/healthz", "/readyz", "/readyz/http", "/metrics", "/openapi.json"})


class Reach(StrEnum):
    """How an action depends on the caller's scope."""

    ROWS = "rows"
    """It sees rows inside the caller's area, sectors and enterprise. The rule for nearly everything."""
    UNIT = "unit"
    """The same, and only rows of the caller's own unit; an account without a unit sees none."""
    CITY = "city"
    """It takes everything or nothing: only an account that is restricted nowhere may do it."""
    COUNTY = "county"
    """It speaks for one whole county (`caller.county`): only an account of exactly one may do it."""
    COUNTIES = "counties"
    """It gives sums over whole counties: an account bound to less (a township, an enterprise) may not do it. A sum
    must not be zero because the caller sees nothing."""
    NOTHING = "nothing"
    """It touches nobody's rows."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done: `<service>.<slice>.<verb>`, its Chinese name, and who may do it.

    `zh` is a verb with its object (查看隐患): it ends the sentence 当前岗位无权…. Raises ValueError for a name of another form or an action that nobody may do.
    """

    name: str
    zh: str
    roles: Roles
    reach: Reach = Reach.ROWS
    veiled: bool = False
    """Nobody may learn who did it and when: the trail keeps nothing of it (P8)."""

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"{self.name!r} does not read <service>.<slice>.<verb>")
        if not self.roles or not all(isinstance(role, Role) for role in self.roles):
            raise ValueError(f"{self.name}: roles are a set of Role that is not empty")


class RouteNotGuarded(TypeError):
    """A route names no action, or more than one, or one of another service."""


async def _public() -> None:
    """Stand in a route's dependencies, and say that anybody may call it."""


PUBLIC: Final = Depends(_public)
"""`dependencies=[PUBLIC]` says of a route that it needs no key, on purpose."""


# Who reaches far enough, in the words of both languages.
_WHO: Final = {
    Reach.CITY: ("不限区域和行业的全市账号", "must be an account of the whole city, restricted nowhere"),
    Reach.COUNTY: ("归属一个县（市、区）的账号", "must be an account of exactly one county"),
    Reach.COUNTIES: ("县（市、区）级以上的账号", "must be an account of at least a whole county"),
}


class Allow:
    """The dependency that `allow` returns."""

    admits: Final = True
    """The router asks this before anything else of the request."""

    def __init__(self, action: Action, beside: Sequence[Action]) -> None:
        self.action = action
        self.beside = tuple(beside)
        reasons = [Reason.UNAUTHENTICATED, Reason.ROLE, *([Reason.REACH] if action.reach in _WHO else [])]
        # What it may end a request with; the router tells OpenAPI.
        self.codes = (*(reason.value for reason in reasons), *refusals.CODES)

    async def __call__(self, request: Request) -> Caller:
        """Return the caller; raises Problem 401 and 403, and 503 while no token can be judged."""
        access: Access = request.app.state.access
        return await access.admit(request.headers.get("authorization"), self)


def allow(action: Action, *, beside: Sequence[Action] = ()) -> Allow:
    """Return the FastAPI dependency that lets a request do `action` and gives its Caller.

    401 without a valid key or token; 403 `role-not-allowed` for a role, `reach-not-allowed` for a scope, that `action` excludes.
    `beside` are actions that the handler asks about with `permits` (may this caller see the bytes, too?).
    """
    return Allow(action, beside)


def permits(caller: Caller, action: Action) -> bool:
    """Return whether the caller may also do `action`, which its route names in `beside`."""
    return action.name in caller.permitted


class Access:
    """Admits requests to one app of the city `city`."""

    def __init__(self, credentials: Credentials | Authenticator, city: City) -> None:
        self._credentials = credentials
        self.city = city
        # What an account may see follows from what it is and from the profile, for as long as the process lives.
        self._scope_of = lru_cache(maxsize=4096)(partial(Scope.of, city=city))

    async def admit(self, header: str | None, wanted: Allow) -> Caller:
        """Return who calls and what it may see; raises Problem 401 or 403, and records either; 503."""
        action = wanted.action
        note_asked(action.name, protected=action.reach is not Reach.NOTHING, veiled=action.veiled)
        try:
            principal = await self._credentials.authenticate(header)
        except Problem as problem:
            if problem.status == HTTPStatus.UNAUTHORIZED:
                record(Reason.UNAUTHENTICATED, action.name, None)
            raise
        note_caller(principal, header)
        if not holds(principal, action.roles):
            record(Reason.ROLE, action.name, principal)
            raise Problem("role-not-allowed", action=action.zh, roles=", ".join(sorted(action.roles)))
        scope = self._scope_of(principal, own_unit=action.reach is Reach.UNIT)
        beside = frozenset(other.name for other in wanted.beside if holds(principal, other.roles))
        caller = Caller(principal, scope, action.name, beside)
        if not _reaches(action.reach, caller):
            record(Reason.REACH, action.name, principal)
            who, rule = _WHO[action.reach]
            raise Problem("reach-not-allowed", who=who, action=action.zh, rule=rule)
        return caller


def _reaches(reach: Reach, caller: Caller) -> bool:
    if reach is Reach.CITY:
        return caller.scope.is_whole
    if reach is Reach.COUNTY:
        return caller.county is not None and caller.scope.township is None
    if reach is Reach.COUNTIES:
        return caller.scope.township is None and caller.scope.enterprise is None
    return True


@dataclass(frozen=True, slots=True)
class GuardedRoute:
    """A route as the policy sees it. `action` is None for what is open on purpose."""

    method: str
    path: str
    summary: str
    action: Action | None
    beside: tuple[Action, ...] = ()
    filters: frozenset[str] = frozenset()
    """The names of its query parameters."""

    @property
    def key(self) -> str:
        """`GET /v1/hazards/{name}`."""
        return f"{self.method} {self.path}"


def routes_of(app: FastAPI, service: str) -> list[GuardedRoute]:
    """Return the app's routes in the order in which they are tried, without the unguarded ones.

    Raises RouteNotGuarded for a route that names no action and is not PUBLIC, names two, or names one whose name does
    not begin with `service`.
    """
    return [
        route
        for context in iter_route_contexts(app.routes)
        if context.path not in UNGUARDED
        for route in _routes(context, service)
    ]


def _routes(context: RouteContext, service: str) -> Iterable[GuardedRoute]:
    dependant: Dependant | None = getattr(context, "dependant", None)
    calls = [] if dependant is None else list(_calls(dependant))
    named = {call.action: call for call in calls if isinstance(call, Allow)}
    place = f"{'/'.join(sorted(context.methods or ()))} {context.path}"
    if len(named) + (_public in calls) != 1:
        raise RouteNotGuarded(f"{place} must name exactly one action, or PUBLIC; it names {len(named)}")
    gate = next(iter(named.values()), None)
    for action in (gate.action, *gate.beside) if gate else ():
        if not action.name.startswith(f"{service}."):
            raise RouteNotGuarded(f"{place} names {action.name}, which is no action of {service}")
    for method in sorted(context.methods or ()):
        yield GuardedRoute(
            method,
            str(context.path),
            getattr(context, "summary", None) or "",
            gate.action if gate else None,
            gate.beside if gate else (),
            frozenset(_queries(dependant)) if dependant else frozenset(),
        )


def _calls(dependant: Dependant) -> Iterable[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _queries(dependant: Dependant) -> Iterable[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _queries(inner)


def guard(app: FastAPI, city: City, sign_in: opening.SignIn | None = None) -> FastAPI:
    """Make `app` ask everybody for a key or, with `sign_in`, a token, and for a right; raises RouteNotGuarded when a route names no action.

    Needs `app.state.service` and `app.state.database`, which `create_app` sets.
    """
    app.state.access = Access(Credentials(Authenticator(app.state.database), sign_in), city)
    for route in routes_of(app, app.state.service):
        if route.action is not None:
            expect(route.action.name)
    return app
