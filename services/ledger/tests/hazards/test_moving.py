"""Regulators' commands over HTTP: synchronous, within the caller's scope, on the version they were meant for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.ledger.tests.in_process import InProcess


async def test_a_hazard_goes_from_report_to_close_out_and_each_answer_is_what_a_read_shows(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    name = hazard["hazard_id"]
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("county", "confirm", {"grade": "general", "responsible_unit": "fire_rescue", "deadline_on": "2026-06-06"}),
        ("county", "plan", {"measures": "更换", "responsible_post": "安全总监"}),
        ("county", "submit", {"measures": "已更换", "completed_on": "2026-06-01", "evidence": []}),
        ("county-2", "return", {"reason": "缺少校验记录"}),
        ("county", "submit", {"measures": "已补校验", "completed_on": "2026-06-01"}),
        ("county-2", "close", {"review": "现场复查合格"}),
        ("city", "reopen", {"reason": "回头看发现反弹", "deadline_on": "2026-06-08"}),
        ("county", "extend", {"reason": "设备到货延迟", "deadline_on": "2026-06-10"}),
        ("city", "regrade", {"grade": "major", "reason": "依据判定标准第三条"}),
    ]
    states = []
    for version, (who, move, body) in enumerate(steps, 2):
        answer = await ledger.post(name, move, body, who)
        assert answer.status_code == 200, (move, answer.text)
        assert answer.json() == (await ledger.get(f"/v1/hazards/{hazard['number']}", "county")).json()
        assert (answer.json()["version"], answer.headers["etag"]) == (version, f'"{version}"')
        states.append(answer.json()["state"])
    assert states == [
        "confirmed",
        "rectifying",
        "in_review",
        "rectifying",
        "in_review",
        "closed",
        "rectifying",
        "rectifying",
        # Its list said nothing of money and contingency.
        "confirmed",
    ]
    last = (await ledger.get(f"/v1/hazards/{name}")).json()
    assert (last["grade"], last["deadline_on"]) == ("major", "2026-06-10")
    assert (last["returned_count"], last["reopened_count"], last["closed_at"]) == (1, 1, None)
    rejected = await ledger.registered()
    answer = await ledger.post(rejected["number"], "reject", {"reason": "不构成事故隐患"}, "county")
    assert answer.json()["state"] == "rejected"


async def test_a_refusal_is_a_problem_that_names_code_state_and_version(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    answer = await ledger.post(hazard["hazard_id"], "close", {"review": "合格"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert (found["code"], found["state"], found["version"]) == ("state-conflict", "reported", 1)
    major = await ledger.confirm(hazard, "county", grade="major")
    assert (major.status_code, major.json()["code"], major.json()["field"]) == (403, "city-regulator-required", "grade")


@pytest.mark.feature("SY30")
async def test_even_the_database_refuses_a_close_out_by_the_submitter(ledger: InProcess) -> None:
    hazard = await ledger.confirmed()
    await ledger.submit(hazard, "county")
    refused = await ledger.post(hazard["hazard_id"], "close", {"review": "合格"}, "county")
    assert (refused.status_code, refused.json()["code"]) == (403, "submitter-may-not-review")
    await ledger.post(hazard["hazard_id"], "close", {"review": "合格"}, "county-2")
    for change, constraint in (
        ("closed_by = submitted_by", "hazard_closed_by_another"),
        ("closed_at = NULL", "hazard_closed_whole"),
    ):
        statement = f"UPDATE hazard SET {change} WHERE hazard_id = $1"  # noqa: S608
        with pytest.raises(Exception, match=constraint):
            await ledger.pool.execute(statement, hazard["hazard_id"])


async def test_of_two_commands_at_once_one_wins_and_nothing_is_lost(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    answers = await asyncio.gather(*(ledger.confirm(hazard, who) for who in ("city", "city-2", "county", "county-2")))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
    assert (await ledger.get(f"/v1/hazards/{hazard['hazard_id']}")).json()["version"] == 2


async def test_if_match_guards_against_a_decision_on_an_older_version(ledger: InProcess) -> None:
    hazard = await ledger.confirmed()
    body = {"reason": "设备到货延迟", "deadline_on": "2026-06-20"}
    stale = await ledger.post(hazard["hazard_id"], "extend", body, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "version-mismatch", 2)
    assert (await ledger.post(hazard["hazard_id"], "extend", body, **{"If-Match": "2"})).status_code == 400
    assert (await ledger.post(hazard["hazard_id"], "extend", body, **{"If-Match": '"2"'})).status_code == 200


async def test_a_command_whose_answer_was_lost_is_safe_to_repeat(ledger: InProcess) -> None:
    hazard = await ledger.registered()
    body = {"grade": "general", "responsible_unit": "fire_rescue", "deadline_on": "2026-06-20"}
    once = {"Idempotency-Key": f"key-{hazard['number']}"}
    first, again = [await ledger.post(hazard["number"], "confirm", body, **once) for _ in range(2)]
    assert (first.status_code, again.status_code, again.headers["idempotency-replayed"]) == (200, 200, "true")
    assert (again.json(), again.headers["etag"]) == (first.json(), first.headers["etag"])
    other = await ledger.post(hazard["number"], "confirm", {**body, "deadline_on": "2026-06-21"}, **once)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"deadline_on": "2026-13-01"}, "deadline_on"),
        ({"grade": "huge"}, "grade"),
        ({"responsible_unit": "no_such_unit"}, "responsible_unit"),
        ({"deadline_on": "2020-01-01"}, "deadline_on"),
        ({"colour": "red"}, "colour"),
        ({"criterion": "第三条\x00"}, "criterion"),
        ({"criterion": "第\n三条"}, "criterion"),
        ({"criterion": ""}, "criterion"),
    ],
)
async def test_a_wrong_field_is_named(ledger: InProcess, body: dict[str, str], field: str) -> None:
    hazard = await ledger.registered()
    answer = await ledger.confirm(hazard, **body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await ledger.get(f"/v1/hazards/{hazard['hazard_id']}")).json()["version"] == 1


async def test_the_openapi_document_names_every_command_with_its_body_and_its_refusals(ledger: InProcess) -> None:
    document = (await ledger.client.get("/openapi.json")).json()
    commands = {path: way["post"] for path, way in document["paths"].items() if "post" in way}
    # Other things are returned, too: the last word of a path is a move's own among moves only.
    moves = {path.rsplit("/", 1)[1]: command for path, command in commands.items() if "moves" in command["tags"]}
    assert set(moves) == {
        "first-confirm",
        "confirm",
        "reject",
        "plan",
        "submit",
        "return",
        "close",
        "reopen",
        "pass-look-back",
        "mark-false",
        "request-extension",
        "extend",
        "refuse-extension",
        "regrade",
        "list",
        "lift",
        "stop",
        "resume",
        "correct-deadline",
        "escalate",
        "hand-back",
    }
    body = moves["confirm"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    assert set(document["components"]["schemas"][body]["required"]) == {"grade", "responsible_unit", "deadline_on"}
    assert "submitter-may-not-review" in str(moves["close"]["responses"]["403"])
    assert "submitter-may-not-review" not in str(moves["confirm"]["responses"])
