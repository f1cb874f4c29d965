"""What happens to an accident is chained, under a checkpoint and checked offline as what happens to a hazard (promise P4)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
import structlog

from services.ledger.tests.accidents.specimens import ACCIDENT, MEASURE
from services.ledger.tests.checkpoints.log import CHAINS, Log

pytestmark = [pytest.mark.promise("P4"), pytest.mark.feature("SY43")]
CLOSING = {"document": "城区政函〔2026〕3号", "conclusion": "责任事故"}


async def does(log: Log, path: str, body: Any) -> dict[str, Any]:
    answer = await log.ledger.client.post(f"/v1/accidents{path}", json=body, headers=log.ledger.auth("county"))
    assert answer.is_success, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def followed(log: Log) -> str:
    """The id of an accident that was registered, given a measure, and closed."""
    made = await does(log, "", msgspec.to_builtins(ACCIDENT))
    path = f"/{made['accident_id']}"
    await does(log, f"{path}/measures", msgspec.to_builtins(MEASURE))
    await does(log, f"{path}/close", CLOSING)
    return path[1:]


async def history(log: Log, accident_id: str) -> dict[str, Any]:
    said: dict[str, Any] = (await log.ledger.get(f"/v1/accidents/{accident_id}/history", "county")).json()
    return said


async def test_a_county_proves_each_step_of_its_accident_by_its_own_copy(log: Log) -> None:
    accident_id = await followed(log)
    said = await history(log, accident_id)
    steps = said["items"]
    assert said["recorded"]
    assert [(step["version"], step["title"]) for step in steps] == [
        (1, "事故登记"),
        (2, "事故整改措施下达"),
        (3, "事故结案"),
    ]
    assert [step["event_id"] for step in steps] == [each.id for each in await log.told() if each.subject == accident_id]
    log.keep("kept.txt", await log.checkpoint())
    await log.keep_feedback()
    for step in steps:
        proof = await log.get("/v1/checkpoint/inclusion", "county", event=step["event_id"])
        log.keep(f"{step['version']}.tlog-proof", proof)
        foreign = await log.ledger.get("/v1/checkpoint/inclusion", "foreign", event=step["event_id"])
        assert (foreign.status_code, foreign.json()["code"]) == (404, "record-not-found")
    done = log.verify()
    assert done.returncode == 0, done.stdout
    assert f"{accident_id} v3 在检查点" in done.stdout


async def test_an_outsider_checks_accidents_with_the_same_tool_and_sees_what_was_changed(log: Log) -> None:
    accident_id = await followed(log)
    whole = await log.check_chains()
    assert whole.returncode == 0, whole.stdout
    assert " accidents: whole" in whole.stdout
    export = log.folder / "export.jsonl"
    lines = [json.loads(line) for line in export.read_text(encoding="utf-8").splitlines()]
    changed = next(each for each in lines if (each["hazard_id"], each["version"]) == (accident_id, 2))
    changed["payload"] = changed["payload"].replace("加装联锁", "口头提醒")
    export.write_text("".join(f"{json.dumps(each)}\n" for each in lines), encoding="utf-8")
    broken = log.run(CHAINS, str(export))
    assert broken.returncode == 1
    assert f"accident {accident_id} version 2" in broken.stdout


@pytest.mark.parametrize("gone", [2, 1], ids=["a step", "the beginning"])
async def test_behind_a_step_that_the_release_before_made_the_chain_ends_whole_and_the_answer_says_so(
    log: Log, gone: int
) -> None:
    made = await does(log, "", msgspec.to_builtins(ACCIDENT))
    path = f"/{made['accident_id']}"
    await does(log, f"{path}/measures", msgspec.to_builtins(MEASURE))
    async with log.as_owner() as connection:
        # As the release before leaves it, which makes steps and records none.
        await connection.execute("DELETE FROM hazard_history WHERE hazard_id = $1 AND version >= $2", path[1:], gone)
    with structlog.testing.capture_logs() as logged:
        await does(log, f"{path}/close", CLOSING)
    left_out = [line for line in logged if line["event"] == "step of an accident is not recorded"]
    assert [(line["accident"], line["version"]) for line in left_out] == [(path[1:], 3)]
    said = await history(log, path[1:])
    assert [step["version"] for step in said["items"]] == list(range(1, gone))
    assert not said["recorded"]
    whole = await log.check_chains()
    assert whole.returncode == 0, whole.stdout
