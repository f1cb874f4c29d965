"""A verification is put right until its hazard is confirmed, and the hazard, its county and its history say so."""

from __future__ import annotations

import pytest

from duban_contracts.codec import decode
from duban_contracts.events.hazards import HazardCorrected
from duban_contracts.topics import feedback_topic
from services.ledger.hazards.moves import CORRECT
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import HOME, TOWNSHIP
from services.ledger.tests.tips.saying import does, received, reporter, verification, verified


@pytest.mark.feature("SY33")
async def test_a_visit_of_last_year_is_refused_and_a_wrong_verification_is_put_right(ledger: InProcess) -> None:
    tip = await received(ledger)
    path = f"/v1/tips/{tip['number']}"
    for move in ("verify", "refute"):
        whole = verification(visited_on="2025-06-01")
        body = whole if move == "verify" else {name: whole[name] for name in ("visited_on", "visit")}
        long_ago = await does(ledger, f"{path}/{move}", "county", body)
        assert (long_ago.status_code, long_ago.json()["code"]) == (422, "date-too-early"), long_ago.text
    wrong = await does(ledger, f"{path}/verify", "county", verification(visited_on="2026-05-20", place="西街1号"))
    assert wrong.status_code == 200, wrong.text
    hazard = f"/v1/hazards/{wrong.json()['hazard_number']}"
    right = await does(
        ledger, f"{path}/correct", "county", verification(visited_on="2026-05-30", visit="更正日期和地点")
    )
    assert (right.status_code, right.json()["visited_on"], right.json()["version"]) == (200, "2026-05-30", 3), (
        right.text
    )
    shown = (await ledger.get(hazard)).json()
    assert (shown["place"], shown["found_on"], shown["state"]) == ("东街12号二层东侧", "2026-05-30", "reported")
    told = [decode(event) for event in await ledger.said(feedback_topic(HOME, ""))]
    [corrected] = [each for each in told if isinstance(each, HazardCorrected) and each.hazard.number == shown["number"]]
    assert corrected.actor.account == "regulator-140502-1"
    records = (await ledger.get(f"{path}/records", "tips")).json()["items"]
    assert [(each["doing"], each["text"]) for each in records[2:]] == [("corrected", "更正日期和地点")]


async def test_the_township_that_verified_a_tip_puts_it_right(ledger: InProcess) -> None:
    tip = await verified(ledger, "township", township=TOWNSHIP)
    right = await does(ledger, f"/v1/tips/{tip['number']}/correct", "township", verification(place="东街14号"))
    assert right.status_code == 200, right.text
    assert (await ledger.get(f"/v1/hazards/{tip['hazard_number']}")).json()["place"] == "东街14号"


async def test_nothing_is_put_right_that_was_not_verified_or_is_confirmed_by_now(ledger: InProcess) -> None:
    tip = await received(ledger)
    early = await does(ledger, f"/v1/tips/{tip['number']}/correct", "county", verification())
    assert (early.status_code, early.json()["code"]) == (409, "tip-state-conflict")
    done = await verified(ledger)
    assert (await ledger.confirm({"hazard_id": done["hazard_id"]})).status_code == 200
    late = await does(ledger, f"/v1/tips/{done['number']}/correct", "county", verification())
    assert (late.status_code, late.json()["code"]) == (409, "state-conflict")
    records = (await ledger.get(f"/v1/tips/{done['number']}/records", "tips")).json()["items"]
    assert [each["doing"] for each in records] == ["received", "verified"]


@pytest.mark.feature("SY34")
@pytest.mark.promise("P8")
async def test_a_confirmed_hazard_tells_nobody_whether_a_guess_is_the_reporters_name(ledger: InProcess) -> None:
    name = "孙某某（虚构）"
    done = await verified(ledger, reporter=reporter(name=name))
    path = f"/v1/tips/{done['number']}/correct"
    named = await does(ledger, path, "county", verification(visit=f"{name}在场"))
    assert (named.status_code, named.json()["code"]) == (422, "identity-in-text")
    assert (await ledger.confirm({"hazard_id": done["hazard_id"]})).status_code == 200
    for guess in (name, "李某某（虚构）"):
        answer = await does(ledger, path, "county", verification(visit=f"{guess}在场"))
        assert (answer.status_code, answer.json()["code"]) == (409, "state-conflict")


async def test_whatever_a_hazard_answers_a_correction_with_is_declared(ledger: InProcess) -> None:
    declared = str(ledger.app.openapi()["paths"]["/v1/tips/{name}/correct"]["post"]["responses"])
    assert all(code in declared for code in ("state-conflict", "handled-by-city", *CORRECT.refusals))
