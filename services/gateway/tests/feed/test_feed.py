"""The feed over HTTP: pages, waiting, server-sent events, and going on after a break."""

from __future__ import annotations

import asyncio
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.chassis.access import keys
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.testing import kafka as chassis_testing
from services.gateway.feed import tables
from services.gateway.tests.feedback import feed, recorded
from services.gateway.tests.world import FOREIGN, HOME, World, report

pytestmark = pytest.mark.feature("SY64")


async def page(world: World, who: str = "home", wait: int = 0, **query: Any) -> httpx.Response:
    headers = {**world.auth(who), **({"Prefer": f"wait={wait}"} if wait else {})}
    return await world.client.get("/v1/feed", params=query, headers=headers, timeout=120)


async def end(world: World, who: str = "home") -> str:
    """Return the place behind everything that is there."""
    after: dict[str, Any] = {}
    while True:
        answer = (await page(world, who, limit=1000, **after)).json()
        after = {"after": answer["next"]}
        if not answer["items"]:
            return str(answer["next"])


async def tell(world: World, number: int, county: str = HOME) -> list[str]:
    """Tell a county of `number` claims; return their references in order."""
    events = [report(county, reference=f"F-{secrets.token_hex(6)}") for _ in range(number)]
    key = secrets.token_hex(4)
    # One key, one partition: in this world a feedback topic has two.
    await feed(world, [recorded(event, str(uuid4()), county=county) for event in events], county, key=key)
    return [event["data"]["reference"] for event in events]


def references(items: list[dict[str, Any]]) -> list[str]:
    return [item["event"]["data"]["reference"] for item in items]


async def until_told(world: World, start: str, number: int, who: str = "home") -> list[dict[str, Any]]:
    async def check() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await page(world, who, after=start, limit=1000)).json()["items"]
        assert len(items) == number
        return items

    return await chassis_testing.eventually(check)


async def test_a_feed_is_read_in_pages_each_event_once_and_in_order(world: World) -> None:
    start = await end(world)
    told = await tell(world, 7)
    items = await until_told(world, start, 7)
    assert references(items) == told
    assert items[0]["event"]["type"].endswith("claim.recorded.v1")
    seen, after = [], start
    while found := (await page(world, after=after, limit=3)).json():
        seen += references(found["items"])
        after = found["next"]
        if not found["items"]:
            break
    assert seen == told


async def test_a_feed_says_from_when_on_it_is_whole_and_forgetting_moves_that(world: World) -> None:
    start = await end(world)
    await tell(world, 1)
    await until_told(world, start, 1)
    began = datetime.fromisoformat((await page(world, limit=1)).json()["since"])
    assert began <= datetime.now(UTC)
    async with world.connection.transaction():
        # All of this county's past, at its place in time.
        await world.connection.execute("UPDATE feed SET kept_at = now() - interval '31 days' WHERE county = $1", HOME)
        await world.connection.execute("UPDATE feed_end SET since = now() - interval '31 days' WHERE county = $1", HOME)
        cut = datetime.now(UTC) - timedelta(days=30)
        await tables.forget(world.connection, cut, 1_000_000)
    emptied = (await page(world)).json()
    assert (emptied["items"], datetime.fromisoformat(emptied["since"])) == ([], cut)


async def test_an_empty_page_waits_for_what_comes_and_only_so_long(world: World) -> None:
    start = await end(world)
    asked = asyncio.create_task(page(world, wait=20, after=start))
    told = await tell(world, 1)
    answer = await asked
    assert (references(answer.json()["items"]), answer.headers["Preference-Applied"]) == (told, "wait=20")
    nothing = await page(world, wait=1, after=answer.json()["next"])
    assert (nothing.json()["items"], nothing.json()["next"]) == ([], answer.json()["next"])


async def test_a_county_is_told_of_its_own_alone(world: World) -> None:
    here, there = await end(world), await end(world, "foreign")
    mine, theirs = await tell(world, 2), await tell(world, 2, FOREIGN)
    assert references(await until_told(world, here, 2)) == mine
    assert references(await until_told(world, there, 2, "foreign")) == theirs
    answer = await page(world, after=there)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")
    assert (await page(world, "regulator")).status_code == 403


async def test_a_place_whose_followers_were_forgotten_is_told_and_no_gap_is_silent(world: World) -> None:
    start = await end(world, "foreign")
    await tell(world, 3, FOREIGN)
    items = await until_told(world, start, 3, "foreign")
    await world.connection.execute("UPDATE feed SET kept_at = now() - interval '31 days' WHERE county = $1", FOREIGN)
    newer = await tell(world, 1, FOREIGN)
    await until_told(world, items[-1]["cursor"], 1, "foreign")
    async with world.connection.transaction():
        assert await tables.forget(world.connection, datetime.now(UTC) - timedelta(days=30), 1_000) >= len(items)
    assert (await page(world, "foreign", after=start)).json()["code"] == "feed-expired"
    assert (await page(world, "foreign", after=start)).status_code == 410
    assert references((await page(world, "foreign", after=items[-1]["cursor"])).json()["items"]) == newer
    assert references((await page(world, "foreign")).json()["items"]) == newer


class Reader:
    """What an EventSource does: reads messages, remembers the last id, comes again with it."""

    def __init__(self, world: World, last_id: str) -> None:
        self._world = world
        self.last_id = last_id
        self.received: list[str] = []

    async def read(self, until: int) -> None:
        """Read until `until` events have been received in all, then hang up in the middle of the stream."""
        headers = {**self._world.auth(), "Accept": "text/event-stream", "Last-Event-ID": self.last_id}
        async with (
            httpx.AsyncClient(base_url=self._world.client.base_url, timeout=120) as client,
            client.stream("GET", "/v1/feed", headers=headers) as stream,
        ):
            assert stream.status_code == 200
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            async for line in stream.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "id":
                    self.last_id = value
                elif field == "data":
                    self.received.append(json.loads(value)["data"]["reference"])
                if len(self.received) >= until and not line:
                    return


async def test_a_stream_that_breaks_goes_on_without_loss_or_doubling(world: World) -> None:
    reader = Reader(world, await end(world))
    told = await tell(world, 5)
    await reader.read(2)
    told += await tell(world, 5)
    reading = asyncio.create_task(reader.read(8))
    await reading
    # It waits at the end of what there is, and hears of what comes then.
    reading = asyncio.create_task(reader.read(12))
    told += await tell(world, 2)
    await asyncio.wait_for(reading, 150)
    assert reader.received == told


async def test_a_reader_that_hangs_up_gives_its_place_back(world: World) -> None:
    start = await end(world)
    for _ in range(40):
        await hang_up(world, start)
    told = await tell(world, 1)
    reader = Reader(world, start)
    await reader.read(1)
    assert reader.received == told


async def test_a_stream_ends_when_its_key_is_revoked(world: World) -> None:
    token, who = keys.new_token(), Principal("county-140502-leaving", Role.INTEGRATOR, HOME)
    await keys.store(world.connection, [keys.NewKey(who, token)])
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream", "Last-Event-ID": await end(world)}
    async with (
        asyncio.timeout(120),
        httpx.AsyncClient(base_url=world.client.base_url, timeout=120) as client,
        client.stream("GET", "/v1/feed", headers=headers) as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        assert await keys.revoke(world.connection, token.split("_")[1])
        assert not [line async for line in lines if line.startswith("data")]


async def hang_up(world: World, start: str) -> None:
    """Open a stream, read its first line and go."""
    headers = {**world.auth(), "Accept": "text/event-stream", "Last-Event-ID": start}
    async with (
        httpx.AsyncClient(base_url=world.client.base_url, timeout=120) as client,
        client.stream("GET", "/v1/feed", headers=headers) as stream,
    ):
        assert stream.status_code == 200
        assert await anext(stream.aiter_lines()) == "retry: 2000"


async def test_head_of_a_stream_says_that_it_is_one_and_ends(world: World) -> None:
    async with asyncio.timeout(60):
        for accept, kind in (("text/event-stream", "text/event-stream; charset=utf-8"), ("*/*", "application/json")):
            answer = await world.client.head("/v1/feed", headers={**world.auth(), "Accept": accept})
            assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, kind, b"")


async def test_a_stream_with_a_wrong_place_is_an_error_before_it_begins(world: World) -> None:
    headers = {**world.auth(), "Accept": "text/event-stream", "Last-Event-ID": "x"}
    answer = await world.client.get("/v1/feed", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")
