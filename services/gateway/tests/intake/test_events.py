from __future__ import annotations

import asyncio
import copy
import json
from urllib.parse import quote

import pytest

from duban_contracts.topics import claims_topic
from services.gateway.tests.world import FOREIGN, HOME, World, report

pytestmark = pytest.mark.feature("SY64")


async def test_an_event_is_on_its_countys_topic_when_202_is_answered(world: World) -> None:
    event = report()
    answer = await world.post(event)
    assert answer.status_code == 202
    (result,) = answer.json()["results"]
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, 0)
    assert (result["index"], result["id"], result["status"]) == (0, event["id"], "queued")
    (sent,) = await world.sent(event)
    assert sent.partitionkey == event["data"]["reference"]
    assert sent.subject == event["data"]["reference"]
    assert json.loads(sent.data) == event["data"]
    topic = claims_topic(HOME, world.settings.topic_prefix)
    assert result["receipt_id"] == str(sent.identity(topic))


async def test_a_receipt_says_queued_until_the_ledger_answers(world: World) -> None:
    event = report()
    receipt_id = (await world.post(event)).json()["results"][0]["receipt_id"]
    receipt = (await world.receipt(receipt_id)).json()
    assert receipt["status"] == "queued"
    assert receipt["event_id"] == event["id"]
    assert receipt["reference"] == event["data"]["reference"]
    assert receipt["queued_at"]
    assert "answered_at" not in receipt


async def test_what_a_county_may_hold_from_before_is_the_ledgers_to_answer_and_a_retry_finds_its_receipt(
    world: World,
) -> None:
    event = report(reference="tip/AQ-1")
    answers = [await world.post(event) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    receipts = [answer.json()["results"][0]["receipt_id"] for answer in answers]
    assert receipts[0] == receipts[1]
    assert {sent.partitionkey for sent in await world.sent(event)} == {"tip/AQ-1"}


async def test_a_mixed_batch_takes_the_good_and_names_each_bad_event(world: World) -> None:
    misspelt, foreign = report(), report(FOREIGN)
    misspelt["data"]["discription"] = "x"
    misspelt["data"]["found_on"] = "2026-02-30"
    unknown, nameless = report(), report()
    unknown["type"] = "duban.hazard.closed.v1"
    del nameless["id"]
    good = [report(), report()]
    answer = await world.post([good[0], misspelt, foreign, unknown, nameless, good[1], 7])
    assert answer.status_code == 207
    body = answer.json()
    assert (body["accepted"], body["rejected"]) == (2, 5)
    by_index = {result["index"]: result for result in body["results"]}
    assert [by_index[i]["status"] for i in range(7)] == ["queued", *["rejected"] * 4, "queued", "rejected"]
    problem = by_index[1]["problem"]
    assert {(error["code"], error["field"]) for error in problem["errors"]} == {
        ("unknown-field", "$.discription"),
        ("bad-date", "$.found_on"),
    }
    assert problem["code"] == problem["errors"][0]["code"]
    assert all(error["rule"] and error["detail"] for error in problem["errors"])
    assert by_index[1]["id"] == misspelt["id"]
    assert (by_index[2]["problem"]["status"], by_index[2]["problem"]["field"]) == (403, "$.county")
    assert by_index[3]["problem"]["code"] == "not-a-claim"
    assert by_index[4]["problem"]["field"] == "id"
    assert by_index[6]["problem"]["code"] == "bad-envelope"
    for event, times in ((good[0], 1), (good[1], 1), (misspelt, 0), (foreign, 0), (unknown, 0)):
        assert len(await world.sent(event)) == times


async def test_an_unknown_field_of_a_nested_object_is_refused(world: World) -> None:
    event = report(enterprise={"name": "示例企业", "phone": "0"})
    answer = await world.post(event)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["field"]) == ("unknown-field", "$.enterprise.phone")
    assert problem["rule"]
    assert "契约" in problem["detail"]
    assert problem["results"][0]["status"] == "rejected"


async def test_an_event_in_another_countys_name_is_forbidden(world: World) -> None:
    answer = await world.post(report(FOREIGN))
    assert answer.status_code == 403
    assert answer.json()["code"] == "county-mismatch"


async def test_the_same_event_again_gets_the_same_receipt(world: World) -> None:
    event = report()
    again = copy.deepcopy(event)
    # A retry that builds the event anew: other order, other time.
    again["data"] = dict(reversed(list(again["data"].items())))
    again["time"] = "2026-11-21T09:00:00+08:00"
    first, second = await world.post(event), await world.post(again)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    # Unanswered, it is sent again; the ledger's inbox knows it by source and id.
    assert len({(sent.source, sent.id) for sent in await world.sent(event)}) == 1


async def test_an_id_with_other_content_is_a_conflict_and_is_not_sent(world: World) -> None:
    event = report()
    first = await world.post(event)
    other = copy.deepcopy(event)
    other["data"]["place"] = "别处"
    answer = await world.post(other)
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "id-reused"
    standing = first.json()["results"][0]["receipt_id"]
    assert (problem["receipt_id"], problem["results"][0]["problem"]["receipt_id"]) == (standing, standing)
    assert [json.loads(sent.data) for sent in await world.sent(event)] == [event["data"]]


async def test_an_id_of_another_type_is_other_content(world: World) -> None:
    event = report()
    await world.post(event)
    done = {
        **event,
        "type": "duban.hazard.rectified.v1",
        "data": {
            "county": HOME,
            "reference": event["data"]["reference"],
            "measures": "已更换",
            "completed_on": "2026-11-21",
            "submitted_by": "ent-1",
        },
    }
    assert (await world.post(done)).status_code == 409


async def test_within_one_batch_a_repeat_is_safe_and_a_reuse_is_refused(world: World) -> None:
    event = report()
    other = copy.deepcopy(event)
    other["data"]["place"] = "别处"
    answer = await world.post([event, event, other])
    assert answer.status_code == 207
    first, second, third = answer.json()["results"]
    assert first["receipt_id"] == second["receipt_id"]
    assert third["problem"]["code"] == "id-reused"
    assert len(await world.sent(event)) == 1


async def test_of_two_contents_sent_at_once_under_one_id_one_wins(world: World) -> None:
    event = report()
    variants = []
    for number in range(8):
        variant = copy.deepcopy(event)
        variant["data"]["place"] = f"{number} 号库"
        variants.append(variant)
    answers = await asyncio.gather(*(world.post(variant) for variant in variants))
    assert sorted(answer.status_code for answer in answers) == [202, *[409] * 7]
    assert len(await world.sent(event)) == 1


async def test_the_same_ids_from_two_counties_do_not_meet(world: World) -> None:
    ours, theirs = report(), report(FOREIGN)
    theirs["id"], theirs["source"] = ours["id"], ours["source"]
    first = (await world.post(ours)).json()["results"][0]
    second = (await world.post(theirs, who="foreign")).json()["results"][0]
    assert first["status"] == second["status"] == "queued"
    assert first["receipt_id"] != second["receipt_id"]


async def test_when_nothing_of_a_batch_is_accepted_it_is_an_error_with_all_results(world: World) -> None:
    answer = await world.post([report(FOREIGN), report(sector="no_such")])
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing-accepted")
    assert [result["index"] for result in answer.json()["results"]] == [0, 1]
    assert [result["problem"]["status"] for result in answer.json()["results"]] == [403, 422]
    assert "2" in answer.json()["detail"]


async def test_an_empty_batch_is_accepted_and_does_nothing(world: World) -> None:
    answer = await world.post([])
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "rejected": 0, "results": []})


async def test_binary_mode_is_understood(world: World) -> None:
    event = report()
    headers = {
        "ce-specversion": "1.0",
        "ce-id": event["id"],
        "ce-source": quote("urn:区县/140502"),
        "ce-type": event["type"],
        "ce-time": event["time"],
    }
    body = json.dumps(event["data"]).encode()
    answer = await world.post(body, content_type="application/json", **headers)
    assert answer.status_code == 202, answer.text
    (sent,) = await world.sent(event)
    assert sent.source == "urn:区县/140502"
    assert json.loads(sent.data) == event["data"]


async def test_the_requests_trace_goes_on_in_the_record_unless_the_event_has_its_own(world: World) -> None:
    plain, traced, broken = report(), report(), report()
    traced["traceparent"] = f"00-{'a' * 32}-{'b' * 16}-01"
    broken["traceparent"] = "00-zz"
    trace = f"00-{'c' * 32}-{'d' * 16}-01"
    await world.post([plain, traced, broken], traceparent=trace)
    records = {dict(record.headers)["ce_id"].decode(): dict(record.headers) for record in await world.records()}
    assert records[plain["id"]]["traceparent"].decode().split("-")[1] == "c" * 32
    assert records[broken["id"]]["traceparent"].decode().split("-")[1] == "c" * 32
    assert records[traced["id"]]["traceparent"].decode() == traced["traceparent"]


async def test_a_version_of_the_senders_making_does_not_pass(world: World) -> None:
    event = {**report(), "aggregateversion": 7, "partitionkey": "elsewhere"}
    assert (await world.post(event)).status_code == 202
    (sent,) = await world.sent(event)
    assert sent.aggregateversion is None
    assert sent.partitionkey == event["data"]["reference"]
