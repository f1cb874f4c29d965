"""事故查处 over HTTP: registered, closed, followed up, evaluated; the list of what is late; what the topics are told."""

from __future__ import annotations

from typing import Any

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.accidents import AccidentClosed, AccidentEvent, AccidentMeasureEvent
from duban_contracts.topics import TopicFamily, feedback_topic
from services.ledger.tests.in_process import InProcess

ACCIDENT = {
    "county": "140502",
    "sector": "hazchem",
    "enterprise": {"name": "示例化工有限公司（虚构）"},
    "place": "一车间",
    "happened_on": "2026-05-20",
    "grade": "general",
    "deaths": 1,
    "serious_injuries": 2,
    "course": "反应釜超温，物料喷出。",
}
MEASURE = {"measure": "加装联锁", "unit": "enterprise", "post": "生产副总经理", "deadline_on": "2026-06-30"}
CLOSING = {"document": "城区政函〔2026〕3号", "conclusion": "责任事故"}


async def send(ledger: InProcess, path: str, body: dict[str, Any], who: str, **headers: str) -> Any:
    return await ledger.client.post(f"/v1/accidents{path}", json=body, headers={**ledger.auth(who), **headers})


async def does(ledger: InProcess, path: str, body: dict[str, Any], who: str) -> dict[str, Any]:
    answer = await send(ledger, path, body, who)
    assert answer.is_success, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def late(ledger: InProcess, accident: dict[str, Any]) -> list[tuple[int, str, int]]:
    answer = await ledger.get("/v1/accidents/overdue", "director", limit=1000)
    assert answer.status_code == 200, answer.text
    own = [each for each in answer.json()["items"] if each["accident_id"] == accident["accident_id"]]
    return [(each["measure"], each["due_on"], each["days_overdue"]) for each in own]


@pytest.mark.feature("SY43")
async def test_an_accident_is_followed_from_registration_to_its_evaluation(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    made = await does(ledger, "", ACCIDENT, "county")
    assert made["number"].startswith("SG-140502-2026-")
    path = f"/{made['accident_id']}"
    await does(ledger, f"{path}/measures", {**MEASURE, "hazard": hazard["number"]}, "county")
    closed = await does(ledger, f"{path}/close", CLOSING, "county")
    assert (closed["state"], closed["look_back_on"], closed["open_measures"]) == ("closed", "2027-06-01", 1)
    assert closed["measures"][0]["hazard_number"] == hazard["number"]
    # The tests' clock stands still: the days move instead.
    await ledger.pool.execute("UPDATE accident SET look_back_on = '2026-05-30' WHERE accident_id = $1", path[1:])
    await ledger.pool.execute("UPDATE accident_measure SET deadline_on = '2026-05-31' WHERE accident_id = $1", path[1:])
    assert await late(ledger, made) == [(0, "2026-05-30", 2), (1, "2026-05-31", 1)]
    await does(ledger, f"{path}/measures/1/done", {"report": "已加装"}, "county-2")
    refused = await send(ledger, f"{path}/evaluate", {"conclusion": "已落实"}, "office")
    assert (refused.status_code, refused.json()["code"]) == (409, "accident-measures-open")
    await does(ledger, f"{path}/measures/1/verify", {"finding": "属实"}, "county")
    assert await late(ledger, made) == [(0, "2026-05-30", 2)]
    evaluated = await does(ledger, f"{path}/evaluate", {"conclusion": "已落实"}, "office")
    assert (evaluated["state"], evaluated["late"], await late(ledger, made)) == ("evaluated", False, [])
    assert [step["move"] for step in evaluated["history"]] == [
        "register",
        "measures",
        "close",
        "done",
        "verify",
        "evaluate",
    ]
    assert (await ledger.get(f"/v1/accidents{path}")).json() == evaluated


@pytest.mark.feature("SY43")
async def test_each_step_is_told_to_the_ledgers_topic_and_to_the_county(ledger: InProcess) -> None:
    made = await does(ledger, "", ACCIDENT, "county")
    path = f"/{made['accident_id']}"
    await does(ledger, f"{path}/measures", MEASURE, "county")
    await does(ledger, f"{path}/close", CLOSING, "county")
    told = [each for each in await ledger.said(TopicFamily.HAZARD) if each.subject == made["accident_id"]]
    said = [decode(each) for each in told]
    assert [event.accident.version for event in said if isinstance(event, AccidentEvent)] == [1, 2, 3]
    assert isinstance(said[1], AccidentMeasureEvent)
    assert isinstance(said[2], AccidentClosed)
    # It is no hazard's event: readers of hazards' histories pass it over.
    assert {each.aggregateversion for each in told} == {None}
    heard = [each for each in await ledger.said(feedback_topic("140502")) if each.subject == made["accident_id"]]
    assert [each.id for each in heard] == [each.id for each in told]


async def test_a_decision_rests_on_the_version_that_was_seen(ledger: InProcess) -> None:
    made = await does(ledger, "", ACCIDENT, "county")
    path = f"/{made['accident_id']}/measures"
    await does(ledger, path, MEASURE, "county")
    stale = await send(ledger, path, MEASURE, "county", **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    assert (await send(ledger, path, MEASURE, "county", **{"If-Match": '"2"'})).headers["ETag"] == '"3"'
    wrong = await send(ledger, "", {**ACCIDENT, "deaths": 3}, "county")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "accident-grade-too-low")
    assert "较大" in wrong.json()["detail"]


async def test_a_county_knows_its_own_accidents_only(ledger: InProcess) -> None:
    made = await does(ledger, "", ACCIDENT, "county")
    path = f"/{made['accident_id']}"
    assert (await ledger.get(f"/v1/accidents{path}", "foreign")).status_code == 404
    refused = await send(ledger, f"{path}/measures", MEASURE, "foreign")
    assert (refused.status_code, refused.json()["code"]) == (404, "accident-not-found")
    elsewhere = await send(ledger, "", ACCIDENT, "foreign")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "accident-outside-area")
    # What is no county of the city has no topic on which it could be told.
    nowhere = await send(ledger, "", {**ACCIDENT, "county": "999999"}, "city")
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "accident-county-unknown")
    listed = (await ledger.get("/v1/accidents", "county", state="investigated", limit=1000)).json()["items"]
    assert made["accident_id"] in [each["accident_id"] for each in listed]
