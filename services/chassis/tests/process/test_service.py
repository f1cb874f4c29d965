"""Roles of one process: one that dies is started again, and takes the others down only when nothing else helps."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import asyncpg
import httpx
import pytest

from deploy.local.ports import free_ports
from services.chassis.process import service as process
from services.chassis.process.restarts import Restarts
from services.chassis.process.service import Role, RoleDied, Service, supervise


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PAUSE_SECONDS", 0.001)


async def nothing() -> None:
    """Close nothing."""


def dying(times: int, stopping: asyncio.Event) -> tuple[Role, list[int]]:
    deaths: list[int] = []

    async def role(asked: asyncio.Event) -> None:
        if len(deaths) < times:
            deaths.append(len(deaths))
            raise RuntimeError("no luck")
        stopping.set()
        await asked.wait()

    return role, deaths


async def test_a_role_that_dies_is_started_again_and_its_neighbours_never_notice() -> None:
    stopping = asyncio.Event()
    role, deaths = dying(3, stopping)
    began = 0

    async def neighbour(asked: asyncio.Event) -> None:
        nonlocal began
        began += 1
        await asked.wait()

    service = Service("test", {"consumer": role, "http": neighbour}, nothing)
    await asyncio.wait_for(supervise(service, ["consumer", "http"], stopping), 120)
    assert (len(deaths), began) == (3, 1)


async def test_a_role_that_dies_too_often_ends_the_process_with_its_reason() -> None:
    stopping = asyncio.Event()
    role, deaths = dying(99, stopping)
    service = Service("test", {"consumer": role}, nothing)
    with pytest.raises(RoleDied, match=r"role consumer died: RuntimeError\('no luck'\)"):
        await asyncio.wait_for(supervise(service, ["consumer"], stopping, restarts=Restarts(most=2)), 120)
    assert len(deaths) == 3


async def test_a_role_that_cannot_be_begun_twice_ends_the_process_at_once() -> None:
    stopping = asyncio.Event()
    role, deaths = dying(99, stopping)
    service = Service("test", {"consumer": role}, nothing, frozenset({"consumer"}))
    with pytest.raises(RoleDied):
        await asyncio.wait_for(supervise(service, ["consumer"], stopping), 120)
    assert len(deaths) == 1


async def test_a_role_that_ends_without_being_asked_to_is_no_luck_but_a_mistake() -> None:
    async def role(_: asyncio.Event) -> None:
        return

    with pytest.raises(RoleDied, match="ended by itself"):
        await asyncio.wait_for(supervise(Service("test", {"a": role}, nothing), ["a"], asyncio.Event()), 120)


def test_old_deaths_are_forgiven() -> None:
    restarts = Restarts(most=1, seconds=0.0)
    assert all(restarts.another("consumer") for _ in range(5))


class Told:
    """Settings as far as they are asked for."""

    http_host = "127.0.0.1"

    def __init__(self) -> None:
        (self.http_port,) = free_ports(1)


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), "PostgreSQL: OSError"),
        (asyncpg.InvalidPasswordError("password authentication failed"), "PostgreSQL: InvalidPasswordError"),
    ],
)
async def test_a_process_that_waits_for_postgresql_to_start_with_says_so_and_then_starts(
    refused: Exception, reason: str
) -> None:
    settings = Told()
    seen: list[httpx.Response] = []
    wired = Service("example", {}, nothing)

    async def build(_settings: Any) -> Service:
        if seen:
            return wired
        if settings in tried:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.http_port}", timeout=60) as client:
                seen.extend([await client.get(path) for path in ("/metrics", "/healthz", "/readyz", "/v1/hazards")])
        tried.append(settings)
        raise refused

    tried: list[Told] = []
    assert await process._once_reached(build, cast("Any", settings)) is wired
    measured, alive, ready, asked = seen
    assert 'duban_dependency_up{dependency="postgres"} 0.0' in measured.text
    assert [each.status_code for each in seen] == [200, 200, 503, 503]
    assert (alive.json(), ready.json()) == (
        {"status": "ok"},
        {"status": "unavailable", "missing": [reason]},
    )
    assert (asked.headers["Retry-After"], asked.headers["Content-Type"]) == ("5", "application/problem+json")
    assert (asked.json()["code"], asked.json()["status"], asked.json()["detail"][:7]) == (
        "unavailable",
        503,
        "服务暂时不可用",
    )


@pytest.mark.parametrize("wrong", [ValueError("a wrong profile"), FileNotFoundError(2, "no such file", "keys.json")])
async def test_a_process_that_no_waiting_helps_does_not_wait(wrong: Exception) -> None:
    async def build(_settings: Any) -> Service:
        raise wrong

    with pytest.raises(type(wrong)):
        await process._once_reached(build, cast("Any", Told()))
