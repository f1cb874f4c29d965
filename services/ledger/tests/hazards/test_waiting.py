"""Waiting for a hazard, and for what a county's reference will bring (`Prefer: wait`), over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from deploy.local.ports import free_ports
from duban_contracts.events.types import Grade
from services.chassis.access.refusals import Caller
from services.chassis.process.clock import SystemClock
from services.chassis.publishing.unit_of_work import Reactions
from services.chassis.testing.kafka import eventually
from services.chassis.web.preconditions import Precondition
from services.ledger.bootstrap import build
from services.ledger.hazards.handlers.commands import Order, move_hazards
from services.ledger.hazards.handlers.journal import Ledger
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.moves.confirm import Confirm
from services.ledger.tests.in_process import EVERYWHERE
from services.ledger.tests.people import CITY, HOME, PEOPLE
from services.ledger.tests.world import World, mended, new_reference, reported

pytestmark = pytest.mark.feature("SY23")


async def ask(
    world: World,
    path: str,
    *,
    who: str = "county",
    known: str = "",
    wait: int = 20,
    client: httpx.AsyncClient | None = None,
    **query: Any,
) -> httpx.Response:
    """Ask, and be ready to wait; `known` is an ETag."""
    headers = {**world.auth(who), **({"Prefer": f"wait={wait}"} if wait else {})}
    headers |= {"If-None-Match": known} if known else {}
    return await (client or world.client).get(path, params=query, headers=headers, timeout=120)


async def registered(world: World) -> str:
    """Return the path of a fresh hazard."""
    reference = new_reference()
    await world.claim(reported(reference))
    return f"/v1/hazards/{(await world.hazard(reference))['hazard_id']}"


def waiting() -> float:
    """How many requests of this process wait."""
    return REGISTRY.get_sample_value("duban_http_requests_waiting") or 0.0


async def nobody_waits() -> float:
    """Return how many wait, once those are gone that other tests left behind: none."""

    def check() -> None:
        assert waiting() == 0

    await eventually(check)
    return 0.0


async def one_more_waits(than: float) -> None:
    """One request more waits than before."""

    def check() -> None:
        assert waiting() > than

    await eventually(check)


async def test_a_reader_that_knows_a_hazard_hears_of_the_next_move_as_soon_as_it_is_committed(world: World) -> None:
    reference = new_reference()
    await world.claim(reported(reference))
    hazard = await world.hazard(reference)
    for version, name in enumerate((hazard["hazard_id"], hazard["number"]), start=1):
        before = await nobody_waits()
        asked = asyncio.create_task(ask(world, f"/v1/hazards/{name}", known=f'"{version}"'))
        await one_more_waits(before)
        await (world.confirm(hazard) if version == 1 else world.claim(mended(reference)))
        heard = await asked
        assert (heard.status_code, heard.json()["version"]) == (200, version + 1)
        assert heard.headers["ETag"] == f'"{version + 1}"'
        assert heard.headers["Preference-Applied"] == "wait=20"
        assert heard.json() == (await ask(world, f"/v1/hazards/{name}", wait=0)).json()


async def test_nothing_happened_is_304_and_whoever_knows_nothing_is_answered_at_once(world: World) -> None:
    path = await registered(world)
    unchanged = await ask(world, path, known='"1"', wait=1)
    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", '"1"')
    assert unchanged.headers["Preference-Applied"] == "wait=1"
    assert (await ask(world, path, known='"1"', wait=0)).status_code == 304
    assert (await ask(world, path, known='"7", W/"9"')).json()["version"] == 1
    unasked = await ask(world, path)
    assert (unasked.status_code, "Preference-Applied" in unasked.headers) == (200, False)
    assert (await ask(world, path, who="foreign", known='"1"')).status_code == 404


READERS: Sequence[tuple[str, dict[str, Any]]] = (
    ("county", {}),
    ("city", {"county": HOME}),
    ("county", {"county": HOME, "state": "reported"}),
)


async def test_a_reference_is_waited_for_until_its_hazard_is_registered_and_then_until_it_changes(world: World) -> None:
    reference = new_reference()
    asked = [
        asyncio.create_task(ask(world, "/v1/hazards", who=who, reference=reference, **query)) for who, query in READERS
    ]
    elsewhere = asyncio.create_task(ask(world, "/v1/hazards", who="foreign", wait=1, reference=reference))
    await world.claim(reported(reference))
    answers = await asyncio.gather(*asked)
    hazard = await world.hazard(reference)
    assert [answer.json() for answer in answers] == [{"items": [hazard], "next": None}] * 3
    empty = await elsewhere
    assert (empty.status_code, empty.json()["items"]) == (200, [])
    tag = answers[0].headers["ETag"]
    assert (await ask(world, "/v1/hazards", known=tag, wait=1, reference=reference)).status_code == 304
    before = await nobody_waits()
    asked = [asyncio.create_task(ask(world, "/v1/hazards", known=tag, reference=reference))]
    await one_more_waits(before)
    await world.confirm(hazard)
    assert [item["version"] for item in (await asked[0]).json()["items"]] == [2]


async def test_a_list_of_many_is_answered_at_once(world: World) -> None:
    answer = await ask(world, "/v1/hazards", sector="no-such-sector")
    assert (answer.json()["items"], "Preference-Applied" in answer.headers) == ([], False)
    nobodys = await ask(world, "/v1/hazards", who="city", reference=new_reference())
    assert (nobodys.json()["items"], "Preference-Applied" in nobodys.headers) == ([], False)


async def confirm_elsewhere(world: World, hazard_id: str) -> Hazard | object:
    """Confirm as another instance of the ledger would: its commit tells nobody here."""
    ledger = Ledger(
        clock=SystemClock(), rules=CITY.rules, topic_prefix=world.settings.topic_prefix, reactions=Reactions()
    )
    command = Confirm(
        grade=Grade.GENERAL, responsible_unit="emergency_management", deadline_on=world.today + timedelta(days=10)
    )
    order = Order(HazardKey(hazard_id=hazard_id), command, Caller(PEOPLE["city"], EVERYWHERE, "test"), Precondition())
    async with world.pool.acquire() as connection, connection.transaction():
        said: Sequence[Hazard | object] = await move_hazards(connection, [order], ledger=ledger)
    return said[0]


async def test_what_another_instance_committed_is_heard_of_too(world: World) -> None:
    path = await registered(world)
    before = await nobody_waits()
    asked = asyncio.create_task(ask(world, path, known='"1"'))
    await one_more_waits(before)
    assert isinstance(await confirm_elsewhere(world, path.rpartition("/")[2]), Hazard)
    assert (await asked).json()["version"] == 2


async def test_a_client_that_hangs_up_waits_no_longer(world: World) -> None:
    path = await registered(world)
    async with httpx.AsyncClient(base_url=world.client.base_url) as client:
        before = await nobody_waits()
        asked = asyncio.create_task(ask(world, path, known='"1"', client=client))
        await one_more_waits(before)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    def check() -> None:
        assert waiting() <= before

    await eventually(check)


@asynccontextmanager
async def another_door(
    world: World, stopping: asyncio.Event
) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Task[Any]]]:
    """Open a second door of the same ledger, until it is told to stop."""
    settings = world.settings.model_copy(update={"http_port": free_ports(1)[0]})
    service = await build(settings)
    serving = asyncio.ensure_future(service.roles["http"](stopping))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.http_port}", timeout=120) as client:

        async def is_open() -> None:
            try:
                assert (await client.get("/healthz")).status_code == 200
            except httpx.TransportError as error:
                raise AssertionError("not listening yet") from error

        await eventually(is_open)
        try:
            yield client, serving
        finally:
            stopping.set()
            await serving
            await service.close()


async def test_when_the_service_stops_whoever_waits_is_answered_and_keeps_nobody_waiting(world: World) -> None:
    path, stopping = await registered(world), asyncio.Event()
    async with another_door(world, stopping) as (client, serving):
        before = await nobody_waits()
        asked = asyncio.create_task(ask(world, path, known='"1"', client=client))
        await one_more_waits(before)
        stopping.set()
        # Long before its 20 seconds are over: serving waits for open requests, but not so long.
        assert (await asked).status_code == 304
        await serving
