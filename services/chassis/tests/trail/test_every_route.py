"""A route is in the trail without being listed anywhere: every one of every service is tried (SY66)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import httpx
import pytest
import structlog
from fastapi import FastAPI

from services.chassis.access.policy import Access, GuardedRoute, Reach, routes_of
from services.chassis.access.principal import Principal
from services.chassis.storage.database import Database
from services.chassis.storage.trail import TrailRow
from services.chassis.trail.recorder import Recorder
from services.chassis.unconnected import app_without_servers, service_names

pytestmark = [pytest.mark.feature("SY66")]


class Everybody:
    """Takes whoever it is told to for whoever comes."""

    def __init__(self, role: str) -> None:
        self._principal = Principal("somebody", role, "140500")

    async def authenticate(self, _: str | None) -> Principal:
        """Return it."""
        return self._principal


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever asks `app`."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def told(
    app: FastAPI, client: httpx.AsyncClient, route: GuardedRoute, headers: dict[str, str]
) -> Sequence[TrailRow]:
    """Return the rows of one request to `route`; there is no database, so what gets that far fails."""
    recorder = app.state.trail = Recorder(Database(cast("Any", None)))
    # Hundreds of failures, as they are meant here, would take minutes to print.
    with structlog.testing.capture_logs():
        await client.request(route.method, re.sub(r"\{[^}]+\}", "x", route.path), headers=headers)
    return [row for row in recorder.held if row.action != "access.first-use"]


@pytest.fixture(params=service_names())
def app(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """One service, as it stands after the test again."""
    app = app_without_servers(request.param)
    for name in ("trail", "access"):
        monkeypatch.setattr(app.state, name, getattr(app.state, name), raising=False)
    return app


async def test_whoever_has_no_key_is_told_of(app: FastAPI, client: httpx.AsyncClient) -> None:
    routes = [route for route in routes_of(app, app.state.service) if route.action is not None]
    for route in routes:
        assert route.action is not None
        rows = await told(app, client, route, {})
        expected = [] if route.action.veiled else [(route.action.name, route.path, 401)]
        assert [(row.action, row.route, row.status) for row in rows] == expected, route.key


async def test_whoever_has_one_is_told_of_too(app: FastAPI, client: httpx.AsyncClient) -> None:
    for route in routes_of(app, app.state.service):
        action = route.action
        if action is None or action.veiled or (action.reach is Reach.NOTHING and route.method == "GET"):
            continue
        app.state.access = Access(cast("Any", Everybody(min(action.roles))), app.state.access.city)
        rows = await told(app, client, route, {"authorization": "Bearer x"})
        assert [(row.account, row.action, row.route) for row in rows] == [("somebody", action.name, route.path)], (
            route.key
        )
