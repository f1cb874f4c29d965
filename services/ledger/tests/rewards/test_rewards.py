"""Rewards over HTTP: once a tip, flagged when the same person claims elsewhere, paid once (SY35)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.ledger.tests.in_process import InProcess
from services.ledger.tests.rewards.saying import decided, graded
from services.ledger.tests.tips.saying import does, reporter, verified


@pytest.mark.feature("SY35")
async def test_a_verified_tip_about_a_major_hazard_gets_its_reward_once(ledger: InProcess) -> None:
    tip = await graded(ledger, unit="fire_rescue")
    reward = await decided(ledger, tip)
    assert (reward["state"], reward["grade"], reward["amount"], reward["doubles"]) == ("decided", "major", 5000, [])
    again = await asyncio.gather(*(does(ledger, f"/v1/tips/{tip['number']}/reward", who) for who in ("tips", "tips-2")))
    assert {(answer.status_code, answer.json()["code"]) for answer in again} == {(409, "reward-decided")}
    assert await ledger.pool.fetchval("SELECT count(*) FROM reward WHERE tip_id = $1", tip["tip_id"]) == 1
    path = f"/v1/rewards/{reward['reward_id']}/pay"
    voucher = {"paid_on": "2026-06-01", "voucher": "拨付〔2026〕15号"}
    stale = await ledger.client.post(path, json=voucher, headers={**ledger.auth("tips"), "If-Match": '"2"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    paid = await does(ledger, path, "tips", voucher)
    assert paid.json()["state"] == "paid"
    twice = await does(ledger, path, "tips", {"paid_on": "2026-06-01", "voucher": "拨付〔2026〕16号"})
    assert (twice.status_code, twice.json()["code"]) == (409, "reward-state-conflict")


@pytest.mark.feature("SY35")
@pytest.mark.promise("P8")
async def test_a_second_claim_of_the_same_person_in_another_department_is_flagged_without_a_name(
    ledger: InProcess,
) -> None:
    person = reporter()
    phone = person["phone"]
    first = await graded(ledger, unit="fire_rescue", reporter=person)
    await decided(ledger, first)
    # The same number, written otherwise, under another name, at another office.
    second = await graded(
        ledger, unit="housing_construction", reporter={"name": "化名（虚构）", "phone": f"+86 {phone[:3]}-{phone[3:]}"}
    )
    held = await does(ledger, f"/v1/tips/{second['number']}/reward", "tips-2")
    reward = held.json()
    assert reward["state"] == "held"
    assert reward["doubles"] == [{"tip_number": first["number"], "unit": "fire_rescue", "why": "same_enterprise"}]
    assert phone not in held.text
    path = f"/v1/rewards/{reward['reward_id']}"
    early = await does(ledger, f"{path}/pay", "tips", {"paid_on": "2026-06-01", "voucher": "拨付"})
    assert (early.status_code, early.json()["code"]) == (409, "reward-state-conflict")
    own = await does(ledger, f"{path}/resolve", "tips-2", {"pay": True, "reason": "两处隐患"})
    assert (own.status_code, own.json()["code"]) == (403, "reward-same-officer")
    refused = await does(ledger, f"{path}/resolve", "tips", {"pay": False, "reason": "同一隐患重复申领"})
    assert refused.json()["state"] == "refused"
    flagged = (await ledger.get("/v1/rewards", "tips", state="refused")).json()["items"]
    assert reward["reward_id"] in {each["reward_id"] for each in flagged}


@pytest.mark.feature("SY35")
async def test_another_person_at_the_same_place_is_not_flagged(ledger: InProcess) -> None:
    for _ in range(2):
        assert (await decided(ledger, await graded(ledger)))["state"] == "decided"


async def test_of_two_claims_at_once_one_is_flagged(ledger: InProcess) -> None:
    person = reporter()
    tips = [await graded(ledger, reporter=person, unit=unit) for unit in ("fire_rescue", "transport")]
    rewards = await asyncio.gather(*(decided(ledger, tip) for tip in tips))
    assert sorted(reward["state"] for reward in rewards) == ["decided", "held"]


async def test_only_what_was_verified_and_graded_of_somebody_known_is_rewarded(ledger: InProcess) -> None:
    ungraded = await verified(ledger)
    anonymous = await graded(ledger, reporter=None)
    for tip, code in ((ungraded, "reward-not-graded"), (anonymous, "reporter-unknown")):
        answer = await does(ledger, f"/v1/tips/{tip['number']}/reward", "tips")
        assert (answer.status_code, answer.json()["code"]) == (409, code)


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
async def test_neither_a_resolution_nor_a_voucher_names_who_is_paid(ledger: InProcess) -> None:
    person = reporter(name="赵小五（虚构）")
    await decided(ledger, await graded(ledger, reporter=person))
    path = f"/v1/rewards/{(await decided(ledger, await graded(ledger, reporter=person)))['reward_id']}"
    moves: list[tuple[str, str, dict[str, Any], str]] = [
        ("resolve", "tips-2", {"pay": True, "reason": "{}两处隐患"}, "reason"),
        ("pay", "tips", {"paid_on": "2026-06-01", "voucher": "付{}"}, "voucher"),
    ]
    for move, who, said, field in moves:
        for named in (person["name"], person["phone"]):
            answer = await does(ledger, f"{path}/{move}", who, {**said, field: said[field].format(named)})
            assert (answer.status_code, answer.json()["code"]) == (422, "identity-in-text")
            assert answer.json()["field"] == field
        assert (await does(ledger, f"{path}/{move}", who, {**said, field: "核定15号"})).status_code == 200


async def test_the_database_itself_pays_no_flagged_claim_by_one_hand(ledger: InProcess) -> None:
    person = reporter()
    await decided(ledger, await graded(ledger, reporter=person))
    held = await decided(ledger, await graded(ledger, reporter=person))
    for change, constraint in (
        ("state = 'decided'", "reward_flagged_needs_two"),
        ("state = 'decided', resolved_by = decided_by, resolved_at = now(), resolution = ''", "resolved_by_another"),
    ):
        statement = f"UPDATE reward SET {change} WHERE reward_id = $1"  # noqa: S608
        with pytest.raises(Exception, match=constraint):
            await ledger.pool.execute(statement, held["reward_id"])
