"""A task filed by event goes in at every door of the edge, and its receipt and feed say what became of it."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from duban_contracts.codec import lookup
from duban_contracts.events.feedback import ClaimFiled, ClaimOutcome
from duban_contracts.examples import example_event, examples
from duban_contracts.topics import feedback_topic
from services.chassis.testing import kafka as chassis_testing
from services.gateway.tests.feedback import about, feed, queued
from services.gateway.tests.world import HOME, Event, World

pytestmark = pytest.mark.feature("SY64")
KIND = "duban.task.reported.v1"


def filing(**changed: Any) -> Event:
    """任务办理 in structured mode, under an id of its own."""
    data = examples()[KIND] | {"reference": f"RW2026-{secrets.token_hex(5).upper()}"} | changed
    return {
        "specversion": "1.0",
        "id": f"f-{secrets.token_hex(6)}",
        "source": "/county/140502",
        "type": KIND,
        "data": data,
    }


async def test_a_filing_is_taken_in_all_three_modes_and_stands_on_the_countys_topic_by_its_task(world: World) -> None:
    structured, binary, batched = filing(), filing(), filing()
    attributes = {f"ce-{name}": binary[name] for name in ("specversion", "id", "source", "type")}
    answers = [
        await world.post(structured),
        await world.post(json.dumps(binary["data"]).encode(), content_type="application/json", **attributes),
        await world.post([batched]),
    ]
    assert {answer.json()["results"][0]["status"] for answer in answers} == {"queued"}
    for event in (structured, binary, batched):
        [sent] = await world.sent(event)
        assert (sent.partitionkey, sent.subject) == (event["data"]["reference"],) * 2


@pytest.mark.parametrize("kind", [STRUCTURED_CONTENT_TYPE, BATCH_CONTENT_TYPE])
async def test_a_dry_run_names_what_is_wrong_in_the_form(world: World, kind: str) -> None:
    wrong = filing(form={"areas": ["储罐区\u0000"]})
    body = json.dumps([wrong] if kind == BATCH_CONTENT_TYPE else wrong).encode()
    answer = await world.client.post(
        "/v1/events", params={"dry_run": "true"}, content=body, headers={**world.auth(), "Content-Type": kind}
    )
    [found] = answer.json()["results"]
    problem = found["problem"]
    assert (problem["code"], problem["field"]) == ("control-character", "$.form.areas[0]")
    assert not await world.sent(wrong)


async def page(world: World, after: str | None = None) -> Any:
    asked: dict[str, Any] = {"limit": 1000} | ({} if after is None else {"after": after})
    answer = await world.client.get("/v1/feed", params=asked, headers=world.auth())
    return answer.json()


async def end_of_feed(world: World) -> str:
    """Return the place behind everything that the county was told so far."""
    found = await page(world)
    while found["items"]:
        found = await page(world, found["next"])
    end: str = found["next"]
    return end


async def test_its_receipt_names_the_task_and_the_feed_tells_of_it(world: World) -> None:
    event, before = filing(), await end_of_feed(world)
    receipt_id = await queued(world, event)
    filed = ClaimFiled(
        **about(event, receipt_id),
        task_id="t-1",
        number=event["data"]["reference"],
        outcome=ClaimOutcome.APPLIED,
        late=True,
        message="报送时已超过期限，记为迟报",
    )
    await feed(world, [filed])
    accepted = example_event(lookup("duban.task.accepted.v1"))
    topic = feedback_topic(HOME, world.settings.topic_prefix)
    await chassis_testing.publish(world.settings.kafka_bootstrap, topic, [accepted])

    async def told() -> None:
        receipt = (await world.receipt(receipt_id)).json()
        assert receipt["status"] == "recorded"
        assert (receipt["task_id"], receipt["outcome"]) == ("t-1", "applied")
        assert receipt["message"] == "报送时已超过期限，记为迟报"
        types = [item["event"]["type"] for item in (await page(world, before))["items"]]
        assert {"duban.claim.filed.v1", "duban.task.accepted.v1"} <= set(types)

    await chassis_testing.eventually(told)
