"""责任倒查: a closure marked false reopens the hazard and opens a case of posts, which ends once with a result."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from duban_contracts.codec import decode
from duban_contracts.events.accountability import HazardAccountabilityConcluded, HazardAccountabilityOpened, HeldPost
from duban_contracts.events.hazards import HazardReopened
from duban_contracts.events.types import Actor, Grade, HazardState
from duban_contracts.refusals import Refusal
from services.chassis.access.roles import Role
from services.ledger.accountability.model import Case, Conclude, conclude, opening
from services.ledger.hazards.model import Hazard, Post, evolve, facts
from services.ledger.hazards.moves import MarkFalse, Plan, Reopen
from services.ledger.tests.hazards.taken import STOP
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.telling import (
    CITY,
    CITY_2,
    CLOSE,
    COUNTY,
    DUE,
    ENTERPRISE,
    NOON,
    PLAN,
    SUBMIT,
    by,
    closed,
    confirmed,
    does,
    first_reviews,
    in_review,
    refusal,
    said,
    struck_off,
)

FALSE = MarkFalse(reason="现场核查：探测器并未更换", deadline_on=DUE + timedelta(days=5))
GROUP = Actor(account="group-1", role=Role.SUPERVISION_GROUP)
BUREAU = Actor(account="reviewer-1", role=Role.CITY_REGULATOR, unit="emergency_management")
FIRE = Actor(account="reviewer-2", role=Role.CITY_REGULATOR, unit="fire_rescue")
DONE = Conclude(result="penalised", conclusion="对企业处罚，责成审核单位整改")


def opened(before: Hazard) -> HazardAccountabilityOpened:
    event = said(before, FALSE, by(GROUP))
    assert isinstance(event, HazardReopened)
    return opening(before, evolve(before, event), event)


@pytest.mark.feature("SY38")
def test_a_closure_marked_false_reopens_the_hazard_and_names_enterprise_owner_and_reviewer_posts() -> None:
    before = struck_off(in_review(Grade.MAJOR), BUREAU, FIRE)
    case = opened(before)
    assert (case.enterprise, case.owner_unit, case.owner_post) == (
        before.enterprise,
        "emergency_management",
        "安全总监",
    )
    posts = {each.account: HeldPost(role=each.role, unit=each.unit) for each in (BUREAU, FIRE)}
    assert before.reviewers
    assert case.reviewer_posts == tuple(posts[reviewer] for reviewer in before.reviewers)
    after = does(before, (FALSE, GROUP))
    assert (after.state, after.reopened_count) == (HazardState.RECTIFYING, 1)
    assert (after.reviewers, after.closure.reviewers) == ((), ())
    assert (case.case_number, case.hazard) == (f"ZR-{before.number}-1", facts(after))


@pytest.mark.feature("SY38")
def test_each_false_closure_has_a_case_of_its_own_and_a_failed_look_back_has_none() -> None:
    again = struck_off(does(closed(), (FALSE, GROUP), (SUBMIT, ENTERPRISE)))
    assert opened(again).case_number == f"ZR-{again.number}-2"
    assert refusal(in_review(), FALSE, COUNTY) == "state-conflict"
    assert refusal(closed(), FALSE, ENTERPRISE) == "role-not-allowed"
    assert not does(closed(), (FALSE, COUNTY)).overdue


@pytest.mark.feature("SY38")
def test_of_what_was_mended_on_the_spot_the_enterprises_principal_answers() -> None:
    before = struck_off(does(confirmed(), (SUBMIT, ENTERPRISE)))
    assert before.responsible_post is None
    assert opened(before).owner_post == "企业主要负责人"


@pytest.mark.feature("SY38")
def test_a_closure_that_a_failed_look_back_undid_may_still_be_found_false_once_and_its_own_posts_answer() -> None:
    before = struck_off(in_review(Grade.MAJOR), BUREAU, FIRE)
    failed = Reopen(reason="回头看不合格", deadline_on=DUE)
    other = Plan(measures="重做", responsible_post="设备主管", funds_yuan=0, contingency="值守")
    again = first_reviews(does(before, (failed, GROUP), (other, ENTERPRISE), (SUBMIT, ENTERPRISE)), CITY, CITY_2)
    found = MarkFalse(reason="现场核查：探测器并未更换")
    case = said(again, found, by(GROUP))
    assert isinstance(case, HazardAccountabilityOpened)
    assert (case.case_number, case.hazard) == (f"ZR-{again.number}-1", facts(again))
    expected = opened(before)
    assert (case.owner_post, case.reviewer_posts) == (expected.owner_post, expected.reviewer_posts)
    # It goes on as it stands, and is found false once; what is closed again is another closure.
    after = evolve(again, case)
    assert (after.state, after.deadline_on, after.reviewers) == (again.state, again.deadline_on, again.reviewers)
    assert refusal(after, found, CITY) == "state-conflict"
    assert refusal(does(again, (CLOSE, CITY_2)), found, CITY) == "false-closure-deadline"
    assert refusal(again, FALSE, CITY) == "false-closure-deadline"
    assert refusal(does(closed(), (FALSE, GROUP)), found, CITY) == "state-conflict"


@pytest.mark.feature("SY38")
def test_what_is_closed_is_reopened_as_false_whatever_an_earlier_reopening_left_in_its_row() -> None:
    again = does(closed(), (Reopen(reason="回头看不合格", deadline_on=DUE), GROUP), (SUBMIT, ENTERPRISE))
    kept = msgspec.structs.replace(struck_off(again), undone_closure=again.undone_closure)
    assert isinstance(said(kept, FALSE, by(GROUP)), HazardReopened)


@pytest.mark.feature("SY38")
@pytest.mark.promise("P2")
def test_a_case_undoes_nothing_that_was_done_to_its_hazard_meanwhile() -> None:
    before = closed()
    reopened = said(before, FALSE, by(GROUP))
    assert isinstance(reopened, HazardReopened)
    now = does(evolve(before, reopened), (PLAN, ENTERPRISE), (STOP, COUNTY))
    now = evolve(now, said(now, SUBMIT, by(ENTERPRISE, NOON + timedelta(hours=1))))
    case = opening(before, now, reopened)
    assert evolve(now, case) == msgspec.structs.replace(now, version=now.version + 1)
    assert (case.case_number, case.occurred_at) == (f"ZR-{before.number}-1", now.changed_at)


@pytest.mark.feature("SY38")
def test_a_case_ends_once() -> None:
    hazard = closed()
    case = Case(
        case_number="ZR-1",
        hazard_id=hazard.hazard_id,
        number=hazard.number,
        county=hazard.county,
        sector=hazard.sector,
        reason="x",
        opened_at=NOON,
        enterprise=hazard.enterprise,
        owner_unit=None,
        owner_post=None,
        reviewer_posts=(Post("city_regulator"),),
    )
    event = conclude(case, hazard, DONE, by(GROUP))
    assert isinstance(event, HazardAccountabilityConcluded)
    assert (event.result, event.hazard) == ("penalised", facts(hazard))
    unknown = conclude(case, hazard, Conclude(result="forgotten", conclusion="x"), by(GROUP))
    assert isinstance(unknown, Refusal)
    assert (unknown.code, unknown.field) == ("unknown-term", "result")
    assert evolve(hazard, event).version == hazard.version + 1
    ended = msgspec.structs.replace(case, result=event.result, conclusion=event.conclusion, concluded_at=NOON)
    assert (case.version, ended.version) == (1, 2)
    again = conclude(ended, hazard, DONE, by(GROUP))
    assert isinstance(again, Refusal)
    assert again.code == "case-concluded"


async def marked_false(ledger: InProcess) -> dict[str, Any]:
    hazard = await ledger.confirmed()
    name = hazard["number"]
    await ledger.submit(hazard, "county")
    await ledger.struck_off(name, "county-2")
    answer = await ledger.post(name, "mark-false", {"reason": "并未整改", "deadline_on": ledger.in_days(10)}, "city")
    assert (answer.status_code, answer.json()["state"]) == (200, "rectifying")
    found: dict[str, Any] = answer.json()
    return found


async def ends(ledger: InProcess, case: str, result: str = "interviewed") -> httpx.Response:
    said = {"result": result, "conclusion": "约谈企业主要负责人和审核单位负责人"}
    return await ledger.client.post(
        f"/v1/accountability-cases/{case}/conclude", json=said, headers=ledger.auth("office")
    )


@pytest.mark.feature("SY38")
async def test_over_http_a_closure_is_found_false_after_a_failed_look_back_had_undone_it(ledger: InProcess) -> None:
    hazard = await ledger.confirmed()
    name = hazard["number"]
    await ledger.submit(hazard, "county")
    await ledger.struck_off(name, "county-2")
    failed = {"reason": "回头看不合格", "deadline_on": ledger.in_days(10)}
    reopened = (await ledger.post(name, "reopen", failed, "city")).json()
    answer = await ledger.post(name, "mark-false", {"reason": "并未整改"}, "city")
    assert (answer.status_code, answer.json()["state"]) == (200, "rectifying")
    assert answer.json()["reopened_count"] == reopened["reopened_count"] == 1
    case = (await ledger.get(f"/v1/accountability-cases/ZR-{name}-1")).json()
    assert (case["owner_post"], [post["name"] for post in case["reviewer_posts"]]) == (
        "企业主要负责人",
        ["县级监管人员"],
    )
    assert (await ledger.post(name, "mark-false", {"reason": "并未整改"}, "city")).json()["code"] == "state-conflict"


@pytest.mark.feature("SY38")
async def test_over_http_a_case_is_opened_found_and_concluded_and_the_history_says_so(ledger: InProcess) -> None:
    hazard = await marked_false(ledger)
    number = f"ZR-{hazard['number']}-1"
    case = (await ledger.get(f"/v1/accountability-cases/{number}")).json()
    assert (case["number"], case["owner_unit"], case["result"]) == (hazard["number"], "emergency_management", None)
    assert [post["name"] for post in case["reviewer_posts"]] == ["县级监管人员"]
    assert "regulator-140502" not in str(case)
    foreign = await ledger.get(f"/v1/accountability-cases/{number}", "foreign")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "case-not-found")
    said = {"result": "criticised", "conclusion": "约谈"}
    stale = await ledger.client.post(
        f"/v1/accountability-cases/{number}/conclude", json=said, headers={**ledger.auth("office"), "If-Match": '"2"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    answers = await asyncio.gather(ends(ledger, number), ends(ledger, number, "criticised"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "case-concluded"}
    listed = await ledger.get("/v1/accountability-cases", open=False, limit=1000)
    assert number in {each["case_number"] for each in listed.json()["items"]}
    history = (await ledger.get(f"/v1/hazards/{hazard['number']}/history")).json()["items"]
    assert [item["type"].split(".")[2] for item in history][-3:] == [
        "reopened",
        "accountability_opened",
        "accountability_concluded",
    ]
    told = [decode(event) for event in await ledger.said() if event.subject == hazard["hazard_id"]]
    assert sum(isinstance(data, HazardAccountabilityOpened) for data in told) >= 1
