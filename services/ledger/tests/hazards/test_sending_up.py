"""二级会商: what can't be solved below goes up with its record, is decided there, and comes back with a conclusion."""

from __future__ import annotations

import msgspec
import pytest

from duban_contracts.codec import decode
from duban_contracts.events.consultation import HazardEscalated, Tier
from duban_contracts.events.types import Actor, HazardState
from duban_contracts.topics import feedback_topic
from services.chassis.access.roles import Role
from services.ledger.hazards.moves import Close, Escalate, HandBack, PassLookBack, Reopen
from services.ledger.tests.hazards.taken import CORRECT
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.people import HOME, TOWNSHIP
from services.ledger.tests.telling import (
    CITY,
    CITY_2,
    CONFIRM,
    COUNTY,
    DUE,
    ENTERPRISE,
    MACHINE,
    PLAN,
    SUBMIT,
    closed,
    confirmed,
    does,
    in_review,
    new_hazard,
    refusal,
    refused,
)

pytestmark = pytest.mark.feature("SY40")
OFFICER = Actor(account="township-140502001-1", role=Role.TOWNSHIP_OFFICER)
COUNTY_OFFICE = Actor(account="county-office-140502", role=Role.COUNTY_OFFICE)
CITY_OFFICE = Actor(account="city-office-1", role=Role.CITY_OFFICE)
TO_CITY = Escalate(to=Tier.CITY, reason="涉及多个产权单位，街道两次会商未能解决")
TO_COUNTY = msgspec.structs.replace(TO_CITY, to=Tier.COUNTY)
BACK = HandBack(conclusion="由产权单位甲牵头整改")


def test_a_matter_goes_up_step_by_step_or_at_once_and_stays_what_it_is() -> None:
    at_county = does(confirmed(), (TO_COUNTY, OFFICER))
    assert (at_county.sent_up_to, at_county.state) == (Tier.COUNTY, HazardState.CONFIRMED)
    assert does(at_county, (TO_CITY, COUNTY_OFFICE)).sent_up_to is Tier.CITY
    assert does(new_hazard(), (TO_CITY, OFFICER)).sent_up_to is Tier.CITY
    assert does(in_review(), (TO_CITY, COUNTY)).sent_up_to is Tier.CITY


def test_nothing_goes_up_to_where_it_is_or_below() -> None:
    at_county, at_city = does(confirmed(), (TO_COUNTY, OFFICER)), does(confirmed(), (TO_CITY, OFFICER))
    assert refusal(at_county, TO_COUNTY, OFFICER) == "already-sent-up"
    assert refusal(confirmed(), TO_COUNTY, COUNTY) == "already-sent-up"
    for command in (TO_COUNTY, TO_CITY):
        assert refusal(at_city, command, OFFICER) == "already-sent-up"
    assert refusal(closed(), TO_CITY, OFFICER) == "state-conflict"
    assert refusal(confirmed(), TO_CITY, CITY) == "role-not-allowed"


def test_what_the_city_has_the_city_decides_and_the_enterprise_goes_on_working() -> None:
    at_city = does(new_hazard(), (TO_CITY, OFFICER))
    assert refusal(at_city, CONFIRM, COUNTY) == "handled-by-city"
    working = does(at_city, (CONFIRM, CITY), (PLAN, COUNTY), (SUBMIT, ENTERPRISE))
    assert refusal(working, Close(review="合格"), COUNTY) == "handled-by-city"
    assert does(working, (Close(review="合格"), CITY_2)).state is HazardState.CLOSED


@pytest.mark.feature("SY31")
def test_what_the_city_closed_its_county_looks_at_again_and_opened_again_it_is_the_citys() -> None:
    struck_off = does(in_review(), (TO_CITY, COUNTY), (Close(review="合格"), CITY))
    assert does(struck_off, (PassLookBack(review="整改保持"), COUNTY)).looked_back_at is not None
    again = does(struck_off, (Reopen(reason="反弹", deadline_on=DUE), COUNTY))
    assert (again.state, again.sent_up_to) == (HazardState.RECTIFYING, Tier.CITY)
    assert refusal(does(again, (SUBMIT, ENTERPRISE)), Close(review="合格"), COUNTY) == "handled-by-city"


def test_what_was_sent_up_stays_its_townships_until_it_is_handed_back() -> None:
    up = does(new_hazard(), (TO_CITY, OFFICER))
    for elsewhere in ("140502002", None):
        found = refused(up, msgspec.structs.replace(CORRECT, township_code=elsewhere), MACHINE)
        assert (found.code, found.field) == ("township-sent-up", "township")
        assert found.message == "该隐患已提交市级办理，交回之前不能改报到其他乡镇（街道）"
    assert does(up, (CORRECT, MACHINE)).place == CORRECT.place
    moved = msgspec.structs.replace(CORRECT, township_code="140502002")
    assert does(up, (BACK, CITY), (moved, MACHINE)).township_code == "140502002"
    nowhere = msgspec.structs.replace(up, township_code=None)
    assert does(nowhere, (CORRECT, MACHINE)).township_code == CORRECT.township_code


def test_who_has_it_hands_it_back_and_then_it_is_as_before() -> None:
    at_city, at_county = does(confirmed(), (TO_CITY, OFFICER)), does(confirmed(), (TO_COUNTY, OFFICER))
    for actor in (COUNTY, COUNTY_OFFICE):
        assert refusal(at_city, BACK, actor) == "handled-by-city"
        assert does(at_county, (BACK, actor)).sent_up_to is None
    back = does(at_city, (BACK, CITY_OFFICE))
    assert back == msgspec.structs.replace(confirmed(), version=back.version)
    assert refusal(back, BACK, CITY) == "not-sent-up"


@pytest.mark.feature("SY40")
async def test_a_townships_matter_stands_on_the_citys_list_with_its_record_and_the_township_reads_on(
    ledger: InProcess,
) -> None:
    hazard = await ledger.registered(township="东街街道")
    assert hazard["township_code"] == TOWNSHIP
    body = {"to": "city", "reason": "涉及多个产权单位，街道两次会商未能解决"}
    answer = await ledger.post(hazard["number"], "escalate", body, "township")
    assert (answer.status_code, answer.json()["sent_up_to"]) == (200, "city")
    for who in ("city", "office", "township"):
        listed = (await ledger.get("/v1/hazards", who, sent_up_to="city", limit=1000)).json()["items"]
        assert hazard["number"] in {item["number"] for item in listed}
        history = (await ledger.get(f"/v1/hazards/{hazard['number']}/history", who)).json()["items"]
        assert [item["title"] for item in history] == ["入账", "提交上级"]
        assert history[-1]["payload"]["reason"] == body["reason"]
    assert (await ledger.confirm(hazard, "county")).json()["code"] == "handled-by-city"
    assert (await ledger.confirm(hazard, "city")).status_code == 200
    told = [decode(event) for event in await ledger.said(feedback_topic(HOME))]
    assert [e.to for e in told if isinstance(e, HazardEscalated) and e.hazard.number == hazard["number"]] == ["city"]
    answer = await ledger.post(hazard["number"], "hand-back", {"conclusion": "由产权单位甲牵头整改"}, "office")
    assert (answer.status_code, answer.json()["sent_up_to"]) == (200, None)
    listed = (await ledger.get("/v1/hazards", sent_up_to="city", limit=1000)).json()["items"]
    assert hazard["number"] not in {item["number"] for item in listed}
