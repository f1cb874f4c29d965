"""Roles of one process: one that dies is started again, and takes the others down only when nothing else helps."""

from __future__ import annotations

import asyncio

import pytest

from services.chassis.process import service as process
from services.chassis.process.service import Restarts, Role, RoleDied, Service, supervise


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
    await asyncio.wait_for(supervise(service, ["consumer", "http"], stopping), 30)
    assert (len(deaths), began) == (3, 1)


async def test_a_role_that_dies_too_often_ends_the_process_with_its_reason() -> None:
    stopping = asyncio.Event()
    role, deaths = dying(99, stopping)
    service = Service("test", {"consumer": role}, nothing)
    with pytest.raises(RoleDied, match=r"role consumer died: RuntimeError\('no luck'\)"):
        await asyncio.wait_for(supervise(service, ["consumer"], stopping, restarts=Restarts(most=2)), 30)
    assert len(deaths) == 3


async def test_a_role_that_cannot_be_begun_twice_ends_the_process_at_once() -> None:
    stopping = asyncio.Event()
    role, deaths = dying(99, stopping)
    service = Service("test", {"consumer": role}, nothing, frozenset({"consumer"}))
    with pytest.raises(RoleDied):
        await asyncio.wait_for(supervise(service, ["consumer"], stopping), 30)
    assert len(deaths) == 1


async def test_a_role_that_ends_without_being_asked_to_is_no_luck_but_a_mistake() -> None:
    async def role(_: asyncio.Event) -> None:
        return

    with pytest.raises(RoleDied, match="ended by itself"):
        await asyncio.wait_for(supervise(Service("test", {"a": role}, nothing), ["a"], asyncio.Event()), 30)


def test_old_deaths_are_forgiven() -> None:
    restarts = Restarts(most=1, seconds=0.0)
    assert all(restarts.another("consumer") for _ in range(5))
