from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.chassis.testing import kafka as chassis_testing
from services.gateway.tests.feedback import feed, queued, recorded, rejected, waiting
from services.gateway.tests.world import FOREIGN, World, report

pytestmark = pytest.mark.feature("SY64")


async def until(world: World, receipt_id: str, **expected: str) -> dict[str, Any]:
    async def check() -> dict[str, Any]:
        answer = await world.receipt(receipt_id)
        assert answer.status_code == 200
        receipt: dict[str, Any] = answer.json()
        assert {name: receipt.get(name) for name in expected} == expected
        return receipt

    return await chassis_testing.eventually(check)


async def listed(world: World, who: str = "home", **query: Any) -> httpx.Response:
    return await world.client.get("/v1/receipts", params=query, headers=world.auth(who))


async def test_a_recorded_claim_shows_the_hazards_number_on_its_receipt(world: World) -> None:
    event = report()
    receipt_id = await queued(world, event)
    await feed(world, [recorded(event, receipt_id)])
    receipt = await until(world, receipt_id, status="recorded")
    assert (receipt["number"], receipt["outcome"], receipt["hazard_id"]) == (
        "JC-140502-2026-000001",
        "registered",
        "h-1",
    )
    assert receipt["queued_at"]
    assert receipt["answered_at"] == "2026-11-21T04:00:00Z"
    assert receipt["linked_reference"] == "AQ-1"


async def test_a_rejected_claim_shows_code_message_field_and_rule(world: World) -> None:
    event = report()
    receipt_id = await queued(world, event)
    await feed(world, [rejected(event, receipt_id)])
    receipt = await until(world, receipt_id, status="rejected")
    assert receipt["code"] == "reference-already-confirmed"
    assert receipt["message"] == "该编号的隐患已确认，不能再更正"
    assert (receipt["field"], receipt["rule"]) == ("$.reference", "once")


async def test_a_waiting_claim_stays_queued_and_says_what_it_waits_for(world: World) -> None:
    event = report()
    receipt_id = await queued(world, event)
    await feed(world, [waiting(event, receipt_id)])
    await until(world, receipt_id, status="queued", waiting_for="report")
    await feed(world, [recorded(event, receipt_id, minutes=1)])
    assert "waiting_for" not in await until(world, receipt_id, status="recorded")


async def test_a_late_waiting_answer_does_not_undo_a_final_one(world: World) -> None:
    event, marker = report(), report()
    receipt_id, marker_id = await queued(world, event), await queued(world, marker)
    await feed(world, [recorded(event, receipt_id)])
    await until(world, receipt_id, status="recorded")
    await feed(world, [waiting(event, receipt_id, minutes=5)])
    await feed(world, [recorded(marker, marker_id)])
    await until(world, marker_id, status="recorded")
    await until(world, receipt_id, status="recorded", number="JC-140502-2026-000001")


async def test_an_answer_that_names_no_receipt_is_no_dead_letter_and_its_county_finds_it(world: World) -> None:
    event, marker = report(), report()
    marker_id = await queued(world, marker)
    wrong = rejected(event, "no-uuid")
    await feed(world, [wrong, recorded(marker, marker_id)], key="one-partition")
    await until(world, marker_id, status="recorded")
    items = (await listed(world, status="rejected", limit=1000)).json()["items"]
    [found] = [each for each in items if each["origin"] == wrong.origin]
    assert (found["event_id"], found["code"]) == (event["id"], "reference-already-confirmed")
    assert await world.connection.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_a_replayed_rejection_becomes_a_record(world: World) -> None:
    event = report()
    receipt_id = await queued(world, event)
    await feed(world, [rejected(event, receipt_id), recorded(event, receipt_id, minutes=30)])
    receipt = await until(world, receipt_id, status="recorded")
    assert "code" not in receipt


async def test_a_county_that_writes_to_its_own_topic_gets_receipts_too(world: World) -> None:
    event, receipt_id = report(), str(uuid4())
    await feed(world, [recorded(event, receipt_id)])
    receipt = await until(world, receipt_id, status="recorded", event_id=event["id"])
    assert "queued_at" not in receipt
    assert receipt["origin"].startswith("county.140502.v1/")


async def test_an_id_known_from_the_topic_only_is_not_taken_again_over_http(world: World) -> None:
    event = report()
    probe = (await world.post(event)).json()["results"][0]["receipt_id"]
    # The same event as if it had come by the topic alone: the gateway never saw its content.
    await world.connection.execute("DELETE FROM receipt WHERE receipt_id = $1", UUID(probe))
    await feed(world, [recorded(event, probe)])
    await until(world, probe, status="recorded")
    answer = await world.post(event)
    assert (answer.status_code, answer.json()["code"]) == (409, "id-reused")


async def test_an_unreadable_record_is_found_in_the_list_by_its_origin(world: World) -> None:
    refusal = rejected(None, None)
    await feed(world, [refusal])

    async def check() -> dict[str, Any]:
        items = (await listed(world, status="rejected")).json()["items"]
        found = [item for item in items if item.get("origin") == refusal.origin]
        assert found
        receipt: dict[str, Any] = found[0]
        return receipt

    receipt = await chassis_testing.eventually(check)
    assert "event_id" not in receipt
    assert receipt["code"] == "reference-already-confirmed"
    assert (await world.receipt(receipt["receipt_id"])).status_code == 200


async def test_an_answered_event_sent_again_is_not_published_again(world: World) -> None:
    event = report()
    receipt_id = await queued(world, event)
    await feed(world, [recorded(event, receipt_id)])
    await until(world, receipt_id, status="recorded")
    assert await queued(world, event) == receipt_id
    assert len(await world.sent(event)) == 1


async def test_a_county_sees_only_its_own_receipts(world: World) -> None:
    receipt_id = await queued(world, report())
    answer = await world.receipt(receipt_id, who="foreign")
    assert (answer.status_code, answer.json()["code"]) == (404, "receipt-not-found")
    assert (await world.receipt(receipt_id, who="regulator")).status_code == 403
    items = (await listed(world, who="foreign", limit=500)).json()["items"]
    assert receipt_id not in {item["receipt_id"] for item in items}


async def test_an_unknown_or_malformed_receipt_id_is_an_error(world: World) -> None:
    assert (await world.receipt(str(uuid4()))).status_code == 404
    assert (await world.receipt("x")).status_code == 422


async def test_receipts_are_listed_newest_first_in_pages_without_gaps(world: World) -> None:
    answer = await world.post([report(FOREIGN) for _ in range(7)], who="foreign")
    ids = [result["receipt_id"] for result in answer.json()["results"]]
    seen: list[str] = []
    after: str | None = None
    while len(seen) < 7:
        query: dict[str, Any] = {"limit": 3, "status": "queued", **({"after": after} if after else {})}
        page = (await listed(world, who="foreign", **query)).json()
        seen += [item["receipt_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert set(seen[:7]) == set(ids)
    assert len(seen) == len(set(seen))
    assert (await listed(world, limit=0)).status_code == 422
    assert (await listed(world, status="lost")).status_code == 422
    assert (await listed(world, after="10000000000000000000000")).status_code == 422


async def test_an_id_that_was_only_reserved_is_nobodys_receipt(world: World) -> None:
    event = report()
    receipt_id = await queued(world, event)
    await world.connection.execute("UPDATE receipt SET queued_at = NULL WHERE receipt_id = $1", UUID(receipt_id))
    assert (await world.receipt(receipt_id)).status_code == 404
    items = (await listed(world, limit=500)).json()["items"]
    assert receipt_id not in {item["receipt_id"] for item in items}
    assert await queued(world, event) == receipt_id
    assert (await world.receipt(receipt_id)).status_code == 200
