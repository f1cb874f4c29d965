from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx
import pytest

from services.gateway.tests.feedback import feed, queued, recorded, rejected, waiting
from services.gateway.tests.world import World, report

pytestmark = pytest.mark.feature("SY64")


async def wait_for(world: World, receipt_id: str, seconds: int, who: str = "home", known: str = "") -> httpx.Response:
    headers = {**world.auth(who), "Prefer": f"wait={seconds}"} | ({"If-None-Match": known} if known else {})
    return await world.client.get(f"/v1/receipts/{receipt_id}", headers=headers, timeout=120)


async def test_a_receipt_answers_as_soon_as_the_ledger_is_done(world: World) -> None:
    event = report()
    receipt_id = await queued(world, event)
    asked = asyncio.create_task(wait_for(world, receipt_id, 20))
    await feed(world, [waiting(event, receipt_id)])
    await feed(world, [recorded(event, receipt_id, minutes=1)])
    answer = await asked
    assert (answer.json()["status"], answer.headers["Preference-Applied"]) == ("recorded", "wait=20")
    again = await wait_for(world, receipt_id, 20)
    assert again.json() == answer.json()


async def test_a_receipt_that_stays_queued_answers_after_the_time_asked_for(world: World) -> None:
    receipt_id = await queued(world, report())
    answer = await wait_for(world, receipt_id, 1)
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    assert "Preference-Applied" not in (await world.receipt(receipt_id)).headers


async def test_whoever_knows_a_receipt_waits_for_the_next_word_of_it_and_is_told_when_there_is_none(
    world: World,
) -> None:
    event = report()
    receipt_id = await queued(world, event)
    first = await world.receipt(receipt_id)
    asked = asyncio.create_task(wait_for(world, receipt_id, 20, known=first.headers["ETag"]))
    await feed(world, [waiting(event, receipt_id)])
    second = await asked
    assert (second.status_code, second.json()["status"], "waiting_for" in second.json()) == (200, "queued", True)
    unchanged = await wait_for(world, receipt_id, 1, known=second.headers["ETag"])
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    said = [unchanged.headers[name] for name in ("ETag", "Preference-Applied", "Vary")]
    assert said == [second.headers["ETag"], "wait=1", "Prefer"]


async def test_a_receipt_of_others_is_waited_for_as_one_that_there_is_not_and_never_found(world: World) -> None:
    event = report()
    receipt_id = await queued(world, event)
    asked = asyncio.create_task(wait_for(world, receipt_id, 2, who="foreign"))
    await feed(world, [recorded(event, receipt_id)])
    assert (await asked).status_code == 404
    assert (await wait_for(world, str(uuid4()), 1)).status_code == 404


async def test_what_a_county_wrote_to_its_topic_can_be_asked_for_before_it_is_answered(world: World) -> None:
    event, receipt_id = report(), str(uuid4())
    asked = asyncio.create_task(wait_for(world, receipt_id, 20))
    await feed(world, [recorded(event, receipt_id)])
    answer = await asked
    assert (answer.status_code, answer.json()["status"]) == (200, "recorded")


async def test_many_wait_without_a_connection_each_and_beyond_the_cap_are_told_to_come_again(world: World) -> None:
    events = [report() for _ in range(65)]
    ids = [await queued(world, event) for event in events]
    async with httpx.AsyncClient(base_url=world.client.base_url, timeout=120) as client:

        async def wait(receipt_id: str) -> httpx.Response:
            headers = {**world.auth(), "Prefer": "wait=20"}
            return await client.get(f"/v1/receipts/{receipt_id}", headers=headers)

        asked = [asyncio.create_task(wait(receipt_id)) for receipt_id in ids]
        # The one too many is answered at once; the pool (10 connections) serves others meanwhile.
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        refused = done.pop().result()
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-waiting")
        assert refused.headers["Retry-After"]
        assert (await world.receipt(ids[0])).status_code == 200
        await feed(world, [rejected(event, receipt_id) for event, receipt_id in zip(events, ids, strict=True)])
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*asked))
    assert statuses == [200] * 64 + [429]
