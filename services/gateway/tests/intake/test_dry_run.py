"""A dry run says everything that would be said, and touches nothing."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from services.gateway.intake.documents import Submission
from services.gateway.intake.model.outcomes import Queued
from services.gateway.tests.world import FOREIGN, Event, World, report

pytestmark = pytest.mark.feature("SY64")


def test_a_dry_run_never_says_queued() -> None:
    said = msgspec.to_builtins(Submission.of([Queued("e-1", UUID(int=1))], dry_run=True))
    assert (said["dry_run"], said["accepted"], said["results"][0]["status"]) == (True, 1, "acceptable")
    assert "dry_run" not in msgspec.to_builtins(Submission.of([Queued("e-1", UUID(int=1))]))


async def rehearse(world: World, content: bytes, kind: str, **headers: str) -> httpx.Response:
    said = {**world.auth(), "Content-Type": kind, **headers}
    return await world.client.post("/v1/events", params={"dry_run": "true"}, content=content, headers=said)


async def rehearse_one(world: World, event: Event) -> httpx.Response:
    return await rehearse(world, json.dumps(event).encode(), STRUCTURED_CONTENT_TYPE)


async def touched(world: World, *events: Event) -> bool:
    ids = [event["id"] for event in events]
    rows = await world.connection.fetchval("SELECT count(*) FROM receipt WHERE event_id = ANY ($1)", ids)
    return bool(rows) or any([await world.sent(event) for event in events])


def beside_results(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in {"results", "dry_run"}}


async def test_good_events_are_acceptable_in_all_three_modes_and_leave_no_trace(world: World) -> None:
    single, binary, first, second = (report() for _ in range(4))
    attributes = {f"ce-{name}": binary[name] for name in ("specversion", "id", "source", "type", "time")}
    answers = [
        await rehearse_one(world, single),
        await rehearse(world, json.dumps(binary["data"]).encode(), "application/json", **attributes),
        await rehearse(world, json.dumps([first, second]).encode(), BATCH_CONTENT_TYPE),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["dry_run"], answer.json()["rejected"]) == (200, True, 0)
        assert {result["status"] for result in answer.json()["results"]} == {"acceptable"}
    assert not await touched(world, single, binary, first, second)
    # The receipt is the one that the event will have.
    sent = await world.post(single)
    assert sent.json()["results"][0]["receipt_id"] == answers[0].json()["results"][0]["receipt_id"]


async def test_refusals_are_the_very_ones_that_sending_would_bring(world: World) -> None:
    blank, foreign, good = report(place=" "), report(FOREIGN), report()
    for event in (blank, foreign):
        rehearsed, sent = await rehearse_one(world, event), await world.post(event)
        assert (rehearsed.status_code, beside_results(rehearsed)) == (sent.status_code, beside_results(sent))
        assert rehearsed.json()["dry_run"] is True
        assert "dry_run" not in sent.json()
    mixed = await rehearse(world, json.dumps([good, blank]).encode(), BATCH_CONTENT_TYPE)
    assert mixed.status_code == 207
    assert [result["status"] for result in mixed.json()["results"]] == ["acceptable", "rejected"]
    assert not await touched(world, blank, foreign, good)


async def test_a_rehearsed_report_under_a_reference_that_is_kept_for_tips_is_refused_as_if_nobody_held_it(
    world: World,
) -> None:
    event = report(reference="tip/AQ-1")
    answer = await rehearse_one(world, event)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        422,
        "reference-reserved",
        "$.reference",
    )
    assert (await world.post(event)).status_code == 202


async def test_an_id_that_stands_for_other_content_is_told(world: World) -> None:
    event = report()
    first = await world.post(event)
    assert first.status_code == 202
    other = {**event, "data": {**event["data"], "place": "另一处"}}
    answer = await rehearse_one(world, other)
    assert (answer.status_code, answer.json()["code"]) == (409, "id-reused")
    assert answer.json()["receipt_id"] == first.json()["results"][0]["receipt_id"]
    assert (await rehearse_one(world, event)).status_code == 200
    assert len(await world.sent(event)) == 1


async def test_a_dry_run_is_asked_for_by_true_or_false(world: World) -> None:
    answer = await world.client.post("/v1/events", params={"dry_run": "perhaps"}, content=b"[]", headers=world.auth())
    assert answer.status_code == 422
