"""Tips over HTTP: taken in, verified into a hazard or refuted, told and answered (SY33)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimRejected
from duban_contracts.events.hazards import HazardRegistered
from duban_contracts.testing.claims import rectification, report
from duban_contracts.topics import TopicFamily, feedback_topic
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import FOREIGN, HOME
from services.ledger.tests.tips.saying import does, intake, received, reporter, verification, verified


async def hazards(ledger: InProcess) -> int:
    count: int = (await ledger.get("/v1/hazards/count")).json()["total"]
    return count


@pytest.mark.feature("SY33")
async def test_an_unverified_tip_is_no_hazard_and_a_verified_one_is_with_its_channel(ledger: InProcess) -> None:
    before = await hazards(ledger)
    tip = await received(ledger)
    assert (tip["state"], tip["state_zh"], tip["hazard_number"]) == ("received", "已受理，待核查", None)
    assert await hazards(ledger) == before

    answer = await does(ledger, f"/v1/tips/{tip['number']}/verify", "county", verification())
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert (after["state"], after["decided_by"], after["version"]) == ("verified", "regulator-140502-1", 2)
    assert await hazards(ledger) == before + 1
    hazard = (await ledger.get(f"/v1/hazards/{after['hazard_number']}")).json()
    assert (hazard["hazard_id"], hazard["channel"]) == (after["hazard_id"], "verified_tip")
    assert (hazard["state"], hazard["reference"]) == ("reported", f"tip/{tip['number']}")
    assert hazard["description"] == "安全出口被堵塞"
    [registered] = [
        data
        for event in await ledger.said(TopicFamily.HAZARD)
        if isinstance(data := decode(event), HazardRegistered) and data.hazard.hazard_id == after["hazard_id"]
    ]
    assert registered.actor.account == "regulator-140502-1"
    # From here on it goes the way of every hazard.
    assert (await ledger.confirm(hazard, grade="major")).status_code == 200


@pytest.mark.feature("SY33")
async def test_the_county_hears_of_a_verified_tip_goes_on_with_it_and_corrects_nothing_of_it(ledger: InProcess) -> None:
    tip = await verified(ledger)
    reference = f"tip/{tip['number']}"

    async def told() -> list[Any]:
        said = [decode(event) for event in await ledger.said(feedback_topic(HOME, ""))]
        return [data for data in said if reference in str(data)]

    [registered] = await told()
    assert isinstance(registered, HazardRegistered)
    await ledger.take(report(reference))
    refused = (await told())[-1]
    assert isinstance(refused, ClaimRejected)
    assert refused.code == "reference-of-another"
    await ledger.confirm({"hazard_id": tip["hazard_id"]})
    await ledger.take(rectification(reference))
    assert (await ledger.get(f"/v1/hazards/{tip['hazard_number']}")).json()["state"] == "in_review"


@pytest.mark.feature("SY33")
async def test_a_tip_that_is_refuted_never_becomes_a_hazard_and_its_reporter_is_told(ledger: InProcess) -> None:
    before = await hazards(ledger)
    tip = await received(ledger, channel="letter")
    path = f"/v1/tips/{tip['tip_id']}"
    early = await does(ledger, f"{path}/tell", "tips", {"told": "已核查"})
    assert (early.status_code, early.json()["code"]) == (409, "tip-state-conflict")
    refuted = await does(ledger, f"{path}/refute", "county", {"visited_on": "2026-06-01", "visit": "未见堵塞"})
    assert refuted.json()["state"] == "unfounded"
    told = await does(ledger, f"{path}/tell", "tips", {"told": "经核查未发现所反映的问题，已函复"})
    assert told.json()["told_at"] is not None
    again = await does(ledger, f"{path}/verify", "county", verification())
    assert (again.status_code, again.json()["code"]) == (409, "tip-state-conflict")
    assert await hazards(ledger) == before
    records = (await ledger.get(f"{path}/records", "tips")).json()["items"]
    assert [(each["doing"], each["account"]) for each in records] == [
        ("received", "tip-officer-1"),
        ("refuted", "regulator-140502-1"),
        ("told", "tip-officer-1"),
    ]


@pytest.mark.feature("SY33")
async def test_a_referral_stands_on_the_list_of_the_unanswered_until_it_is_answered(ledger: InProcess) -> None:
    without = await does(ledger, "/v1/tips", "tips", intake(channel="referral"))
    assert (without.status_code, without.json()["code"]) == (422, "answer-day-required")
    tip = await received(ledger, channel="referral", answer_due_on="2026-05-20", source_number="省转〔2026〕7号")

    async def unanswered() -> list[str]:
        found = (await ledger.get("/v1/tips", "tips", unanswered=True, limit=1000)).json()["items"]
        return [each["number"] for each in found]

    assert tip["number"] in await unanswered()
    await does(ledger, f"/v1/tips/{tip['number']}/verify", "county", verification())
    answered = await does(ledger, f"/v1/tips/{tip['number']}/answer", "tips", {"answer": "查证属实，已立案督办"})
    assert answered.json()["answered_at"] is not None
    assert tip["number"] not in await unanswered()


async def test_of_two_who_verify_at_once_one_makes_the_hazard(ledger: InProcess) -> None:
    tip = await received(ledger)
    before = await hazards(ledger)
    path = f"/v1/tips/{tip['number']}/verify"
    answers = await asyncio.gather(*(does(ledger, path, who, verification()) for who in ("county", "county-2")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await hazards(ledger) == before + 1


async def test_a_lost_answer_is_asked_for_again_and_makes_no_second_tip(ledger: InProcess) -> None:
    body = intake(reporter=reporter())
    key = {"Idempotency-Key": f"intake-{body['reporter']['phone']}"}
    first, again = [await does(ledger, "/v1/tips", "tips", body, **key) for _ in range(2)]
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    # Nobody can try phone numbers against what is kept of the request.
    stored = await ledger.pool.fetchval(
        "SELECT fingerprint FROM idempotent_answer WHERE key = $1", key["Idempotency-Key"]
    )
    plain = await ledger.pool.fetchval("SELECT sha256($1)", b"POST /v1/tips?\n")
    assert stored != plain
    other = await does(ledger, "/v1/tips", "tips", {**body, "reporter": reporter()}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_an_office_takes_in_what_concerns_the_city_and_sees_what_concerns_itself(ledger: InProcess) -> None:
    for nowhere in ({"county": "110101"}, {"township": "140521001"}):
        answer = await does(ledger, "/v1/tips", "tips", intake(**nowhere))
        assert (answer.status_code, answer.json()["code"]) == (403, "tip-outside-area")
        assert answer.json()["field"] == next(iter(nowhere))
    tip = await received(ledger, "tips-home", county=FOREIGN)
    hidden = await ledger.get(f"/v1/tips/{tip['number']}", "tips-home")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "tip-not-found")
    assert (await ledger.get(f"/v1/tips/{tip['number']}", "foreign")).status_code == 200


@pytest.mark.parametrize(
    ("spoil", "code", "field"),
    [
        ({"reporter": {}}, "identity-empty", "reporter"),
        (
            {"reporter": {"name": "王小二（虚构）"}, "content": "王小二（虚构）反映出口堵塞"},
            "identity-in-text",
            "content",
        ),
        ({"reporter": {"name": "东平（虚构）"}, "place": "东平（虚构）街3号"}, "identity-in-text", "place"),
        ({"reporter": {"phone": "不是号码"}}, "wrong-format", "reporter.phone"),
        ({"reporter": {"nickname": "小二"}}, "unknown-field", "reporter.nickname"),
        ({"channel": "gossip"}, "unknown-value", "channel"),
        ({"sector": "no_such_sector"}, "unknown-term", "sector"),
    ],
)
async def test_what_is_wrong_with_an_intake_is_named_and_nothing_of_it_is_kept(
    ledger: InProcess, spoil: dict[str, Any], code: str, field: str
) -> None:
    before = await ledger.pool.fetchval("SELECT count(*) FROM tip")
    answer = await does(ledger, "/v1/tips", "tips", intake(**spoil))
    assert answer.status_code == 422, answer.text
    found = answer.json()
    told = found.get("errors") or [found]
    assert (told[0]["code"], told[0]["field"]) == (code, field)
    assert await ledger.pool.fetchval("SELECT count(*) FROM tip") == before


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
@pytest.mark.parametrize("named", ["王小二（虚构）", "１３９ 0011-2233", "信箱 9917"])
async def test_no_later_text_of_a_tip_names_its_reporter(ledger: InProcess, named: str) -> None:
    person = {"name": "王小二（虚构）", "phone": "13900112233", "contact": "信箱9917"}
    tip = await received(ledger, channel="referral", answer_due_on="2026-06-10", reporter=person)
    path, before = f"/v1/tips/{tip['tip_id']}", await hazards(ledger)
    shop = {"name": f"{named}的商店"}
    for move, who, body, field in (
        ("verify", "county", verification(visit=f"{named}在场"), "visit"),
        ("verify", "county", verification(place=f"{named}门前"), "place"),
        ("verify", "county", verification(description=f"{named}反映的出口堵塞属实"), "description"),
        *(() if named == person["name"] else [("verify", "county", verification(enterprise=shop), "enterprise.name")]),
        ("refute", "county", {"visited_on": "2026-06-01", "visit": f"{named}所述不实"}, "visit"),
    ):
        answer = await does(ledger, f"{path}/{move}", who, body)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "identity-in-text", field)
    assert await hazards(ledger) == before
    assert (await does(ledger, f"{path}/verify", "county", verification())).status_code == 200
    for move, body in (("tell", {"told": f"已电话告知{named}"}), ("answer", {"answer": f"已向{named}核实"})):
        answer = await does(ledger, f"{path}/{move}", "tips", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "identity-in-text")
        assert answer.json()["field"] == next(iter(body))
    records = (await ledger.get(f"{path}/records", "tips")).json()["items"]
    assert [each["doing"] for each in records] == ["received", "verified"]


@pytest.mark.feature("SY34")
async def test_a_tip_of_an_enterprise_that_is_called_like_its_reporter_is_received_and_verified(
    ledger: InProcess,
) -> None:
    shop = {"name": "张三（虚构）修理厂"}
    tip = await received(ledger, reporter=reporter(name="张三（虚构）"), enterprise=shop)
    done = await does(ledger, f"/v1/tips/{tip['number']}/verify", "county", verification(enterprise=shop))
    assert done.status_code == 200, done.text


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
async def test_every_door_at_which_something_is_written_of_a_tip_refuses_its_reporters_name(ledger: InProcess) -> None:
    # Why an identity is asked for stays in the vault.
    kept_within = {"/v1/tips/{name}/lookups"}
    doors = {
        path: str(ways["post"]["responses"])
        for path, ways in ledger.app.openapi()["paths"].items()
        if path.startswith(("/v1/tips", "/v1/rewards")) and "requestBody" in ways.get("post", {})
    }
    assert {path for path, said in doors.items() if "identity-in-text" not in said} == kept_within
    assert len(doors) > len(kept_within)


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
async def test_who_tries_names_at_a_tip_stands_in_the_trail(ledger: InProcess) -> None:
    tip = await received(ledger, reporter=reporter(name="钱某某（虚构）"))
    path = f"/v1/tips/{tip['number']}/verify"
    tried = await does(ledger, path, "county", verification(visit="钱某某（虚构）在场"))
    assert tried.status_code == 422
    await ledger.app.state.trail.flush()
    told = "SELECT account, code FROM trail.act WHERE objects = ARRAY[$1] AND outcome = 'refused'"
    rows = await ledger.pool.fetch(told, tip["number"])
    assert [tuple(row) for row in rows] == [("regulator-140502-1", "identity-in-text")]


async def test_the_database_itself_knows_no_verified_tip_without_its_hazard(ledger: InProcess) -> None:
    tip = await verified(ledger)
    for change, constraint in (
        ("hazard_id = NULL", "tip_is_a_hazard_once_verified"),
        ("decided_by = NULL", "tip_decided_whole"),
    ):
        with pytest.raises(Exception, match=constraint):
            await ledger.pool.execute(f"UPDATE tip SET {change} WHERE tip_id = $1", tip["tip_id"])  # noqa: S608
    with pytest.raises(Exception, match="append-only"):
        await ledger.pool.execute("UPDATE tip_record SET text = '' WHERE tip_id = $1", tip["tip_id"])
