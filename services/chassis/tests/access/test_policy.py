"""Every route names one action, nothing is open by default, and each refusal is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
import structlog
from fastapi import Depends, FastAPI
from prometheus_client import REGISTRY

from services.chassis.access.policy import PUBLIC, Action, RouteNotGuarded, allow, routes_of
from services.chassis.access.principal import Principal
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import REGULATORS
from services.chassis.access.scope import Scope
from services.chassis.storage.database import Database
from services.chassis.tests.access import example
from services.chassis.tests.access.world import app_with, key_of
from services.chassis.web.preconditions import Expecting
from services.chassis.web.routes import Router

READ = allow(example.READ)
FINISH = allow(example.FINISH)
ELSEWHERE = allow(Action("elsewhere.things.read", "查看", roles=REGULATORS))


async def endpoint() -> example.TextDocument:
    return example.TextDocument(text="anybody reads me")


async def twice(_: Annotated[Caller, Depends(READ)], __: Annotated[Caller, Depends(FINISH)]) -> example.TextDocument:
    return example.TextDocument(text="which of the two?")


@pytest.mark.feature("SY65")
@pytest.mark.parametrize(
    ("route", "options", "said"),
    [
        (endpoint, {}, "GET /v1/new must name exactly one action, or PUBLIC; it names 0"),
        (endpoint, {"dependencies": [PUBLIC, Depends(READ)]}, "it names 1"),
        (twice, {}, "it names 2"),
        (endpoint, {"dependencies": [Depends(ELSEWHERE)]}, "elsewhere.things.read, which is no action of example"),
    ],
)
async def test_an_app_with_a_route_that_names_no_single_action_is_not_made(
    opened: Database, route: Callable[..., Any], options: dict[str, Any], said: str
) -> None:
    routes = Router(prefix="/v1")
    routes.get("/new", **options)(route)
    with pytest.raises(RouteNotGuarded, match=said):
        app_with(opened, routes)


async def test_a_route_that_is_no_endpoint_of_ours_needs_an_action_too(opened: Database) -> None:
    routes = Router()
    routes.mount("/files", FastAPI())
    with pytest.raises(RouteNotGuarded, match="/files must name exactly one action"):
        app_with(opened, routes)


async def test_the_same_action_twice_is_one_action(opened: Database) -> None:
    routes = Router(prefix="/v1", dependencies=[Depends(READ)])
    routes.get("/new", dependencies=[Depends(READ)])(endpoint)
    (route,) = routes_of(app_with(opened, routes), "example")
    assert (route.key, route.action) == ("GET /v1/new", example.READ)


async def _asked(caller: Annotated[Caller, Depends(READ)]) -> str:
    return caller.account


async def test_an_action_that_a_dependency_of_a_dependency_names_is_the_routes(opened: Database) -> None:
    routes = Router(prefix="/v1")
    routes.get("/new", dependencies=[Depends(_asked)])(endpoint)
    (route,) = routes_of(app_with(opened, routes), "example")
    assert route.action == example.READ


async def test_the_policy_knows_each_route_with_its_action_and_what_it_asks_beside(app: FastAPI) -> None:
    routes = {route.key: route for route in routes_of(app, "example")}
    one = routes["GET /v1/things/{name}"]
    assert (one.action, one.beside, one.summary) == (example.READ, (example.READ_SECRET,), "一件事项")
    assert routes["GET /v1/things"].filters == {"county", "sector"}
    assert routes["GET /v1/about"].action is None
    assert not any(path in key for key in routes for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"))


@pytest.mark.parametrize(
    "name", ["things.read", "ledger.things.", "Ledger.things.read", "a.b.c.d", "ledger.things.read "]
)
def test_an_action_has_a_name_of_three_parts(name: str) -> None:
    with pytest.raises(ValueError, match="does not read"):
        Action(name, "查看", roles=REGULATORS)


@pytest.mark.parametrize("roles", [frozenset(), frozenset({"county_regulator"})])
def test_an_action_is_for_somebody_and_for_roles(roles: Any) -> None:
    with pytest.raises(ValueError, match="not empty"):
        Action("ledger.things.read", "查看", roles=roles)


def counted(action: Action, reason: str) -> float:
    labels = {"action": action.name, "reason": reason}
    return REGISTRY.get_sample_value("duban_access_refusals_total", labels) or 0.0


@pytest.mark.feature("SY65")
async def test_each_refusal_is_counted_and_logged_without_anything_of_the_row_or_the_key(
    client: httpx.AsyncClient, opened: Database
) -> None:
    async with opened.acquire() as connection:
        await connection.execute("INSERT INTO thing (name, county) VALUES ('王小明的举报', '140521')")
    officer = await key_of(opened, Principal("operator-1", "operator", "140500"))
    regulator = await key_of(opened, Principal("regulator-1", "county_regulator", "140502"))
    reasons = ("unauthenticated", "role-not-allowed", "outside-scope", "reach-not-allowed")
    actions = (example.READ, example.READ, example.READ, example.EXPORT)
    before = [counted(*pair) for pair in zip(actions, reasons, strict=True)]
    with structlog.testing.capture_logs() as lines:
        assert (await client.get("/v1/things/王小明的举报")).status_code == 401
        assert (await client.get("/v1/things/王小明的举报", headers=officer)).status_code == 403
        assert (await client.get("/v1/things/王小明的举报", headers=regulator)).status_code == 404
        assert (await client.get("/v1/things/没有", headers=regulator)).status_code == 404
        city = await key_of(opened, Principal("coal-1", "city_regulator", "140500", sectors=("coal_mine",)))
        assert (await client.get("/v1/export", headers=city)).status_code == 403
    assert [counted(*pair) for pair in zip(actions, reasons, strict=True)] == [number + 1 for number in before]
    refused = [line for line in lines if line["event"] == "access refused"]
    assert [(line["reason"], line["account"], line["role"], line["dimension"]) for line in refused] == [
        ("unauthenticated", None, None, None),
        ("role-not-allowed", "operator-1", "operator", None),
        ("outside-scope", "regulator-1", "county_regulator", "county"),
        ("reach-not-allowed", "coal-1", "city_regulator", None),
    ]
    assert all(line["traceparent"] for line in refused)
    told = str(lines)
    assert "王小明" not in told
    assert not any(header["authorization"][-43:] in told for header in (officer, regulator, city))


async def test_what_is_asked_beside_the_action_depends_on_the_role(client: httpx.AsyncClient, opened: Database) -> None:
    async with opened.acquire() as connection:
        await connection.execute("INSERT INTO thing (name, county) VALUES ('a', '140502')")
    regulator = await key_of(opened, Principal("regulator-1", "county_regulator", "140502"))
    office = await key_of(opened, Principal("office-1", "county_office", "140502"))
    assert (await client.get("/v1/things/a", headers=regulator)).json() == {"name": "a", "secret": "内情"}
    assert (await client.get("/v1/things/a", headers=office)).json() == {"name": "a"}


async def test_a_caller_is_an_actor_with_its_unit_and_county(opened: Database) -> None:
    seen: list[Caller] = []
    routes = Router(prefix="/v1")

    @routes.get("/me")
    async def me(caller: Annotated[Caller, Depends(READ)]) -> example.TextDocument:
        seen.append(caller)
        return example.TextDocument(text=caller.account)

    app = app_with(opened, routes)
    people = [
        Principal("o", "county_office", "140502", unit="fire_rescue"),
        Principal("e", "enterprise_user", "140500", enterprise="91140502XXXX000192"),
        Principal("t", "township_officer", "140521100"),
    ]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for who in people:
            assert (await client.get("/v1/me", headers=await key_of(opened, who))).json() == {"text": who.account}
    assert [(caller.actor.account, caller.actor.role, caller.actor.unit) for caller in seen] == [
        ("o", "county_office", "fire_rescue"),
        ("e", "enterprise_user", None),
        ("t", "township_officer", None),
    ]
    assert [(caller.county, caller.unit) for caller in seen] == [
        ("140502", "fire_rescue"),
        (None, None),
        ("140571", None),
    ]


def test_a_caller_of_several_counties_speaks_for_none_of_them() -> None:
    who = Principal("o", "county_office", "140502")
    assert Caller(who, Scope(county=frozenset({"140502", "140521"})), "a.b.read").county is None
    assert Caller(who, Scope(county=frozenset()), "a.b.read").county is None
    assert Caller(who, Scope(), "a.b.read").county is None
    assert Caller(who, Scope(county=frozenset({"140502"})), "a.b.read").county == "140502"


@pytest.mark.feature("SY65")
async def test_whoever_has_no_key_is_told_that_before_anything_else_of_the_request(opened: Database) -> None:
    routes = Router(prefix="/v1")

    @routes.post("/new", response_model=example.TextDocument)
    async def new(_: Expecting, __: Annotated[Caller, Depends(FINISH)]) -> example.TextDocument:
        return example.TextDocument(text="done")

    transport = httpx.ASGITransport(app=app_with(opened, routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://example") as client:
        answer = await client.post("/v1/new", headers={"If-Match": "not a version"})
    assert answer.status_code == 401
