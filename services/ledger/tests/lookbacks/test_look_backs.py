"""回头看: who is drawn, when it is due, who may look, and that a failed one makes every rate fall at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.hazards import HazardClosed
from duban_contracts.events.types import Actor, Grade, HazardState, PlannedLookBack
from duban_contracts.policies import LookBack, Review
from services.chassis.access.roles import Role
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.model.looking_back import planned
from services.ledger.hazards.moves import Close, PassLookBack, Reopen, decide
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.telling import (
    CITY,
    COUNTY,
    DUE,
    ENTERPRISE,
    NOON,
    RULES,
    SUBMIT,
    TODAY,
    by,
    closed,
    does,
    in_review,
    refusal,
    refused,
)

GROUP = Actor(account="group-1", role=Role.SUPERVISION_GROUP)
PASSED = PassLookBack(review="回头看：整改保持")
EVERY = LookBack(general_percent=100)
CLOSED = closed()
ids = st.uuids().map(str)


@pytest.mark.feature("SY31")
def test_a_look_back_is_passed_by_somebody_who_had_not_reviewed_it() -> None:
    major = closed(Grade.MAJOR)
    assert CITY.account in major.reviewers
    for hand in (ENTERPRISE.account, *major.reviewers):
        found = refused(major, PASSED, Actor(account=hand, role=Role.CITY_REGULATOR))
        assert (found.code, found.status) == ("reviewer-may-not-look-back", 403)
    looked = does(major, (PASSED, GROUP))
    assert (looked.state, looked.looked_back_at) == (HazardState.CLOSED, NOON)
    assert refusal(in_review(), PASSED, GROUP) == "state-conflict"


def test_a_planned_look_back_names_closure_and_day() -> None:
    assert planned(in_review(), TODAY, EVERY) == PlannedLookBack(closure=1, due_on=TODAY + timedelta(days=EVERY.days))
    again = planned(msgspec.structs.replace(in_review(), reopened_count=2), TODAY, EVERY)
    assert again is not None
    assert again.closure == 3


@pytest.mark.feature("SY31")
def test_a_failed_look_back_reopens_and_what_was_passed_no_longer_holds() -> None:
    failed = does(CLOSED, (PASSED, GROUP), (Reopen(reason="反弹", deadline_on=DUE), COUNTY))
    assert (failed.state, failed.looked_back_at, failed.closed_at) == (HazardState.RECTIFYING, None, None)


@given(st.lists(ids, min_size=1, max_size=60, unique=True), st.integers(0, 100))
def test_the_lot_is_the_same_for_whoever_draws_and_keeps_to_the_share(hazards: list[str], percent: int) -> None:
    def drawn(share: int) -> list[str]:
        policy = LookBack(general_percent=share)
        return [one for one in hazards if planned(msgspec.structs.replace(CLOSED, hazard_id=one), TODAY, policy)]

    assert drawn(percent) == drawn(percent)
    assert set(drawn(percent)) <= set(drawn(min(percent + 1, 100)))
    assert (drawn(0), drawn(100)) == ([], hazards)


def test_the_event_of_each_closure_says_when_it_is_looked_at_again() -> None:
    stamp = msgspec.structs.replace(by(CITY), rules=msgspec.structs.replace(RULES, review=Review(look_back=EVERY)))

    def closing(hazard: Hazard) -> PlannedLookBack | None:
        event = decide(hazard, Close(review="合格"), stamp)
        assert isinstance(event, HazardClosed)
        return event.look_back

    assert closing(in_review()) == PlannedLookBack(closure=1, due_on=TODAY + timedelta(days=90))
    reopened = does(CLOSED, (Reopen(reason="反弹", deadline_on=DUE), COUNTY), (SUBMIT, ENTERPRISE))
    assert closing(reopened) == PlannedLookBack(closure=2, due_on=TODAY + timedelta(days=90))
    assert planned(closed(Grade.MAJOR), TODAY, LookBack(general_percent=0)) is not None


@pytest.mark.feature("SY31")
async def test_over_http_a_look_back_is_due_work_until_it_is_done_and_a_reopened_one_has_failed(
    ledger: InProcess,
) -> None:
    async def entry(hazard: Hazard, *, still_open: bool) -> list[str | None]:
        items = (await ledger.get("/v1/look-backs", open=still_open, limit=1000)).json()["items"]
        return [item["outcome"] for item in items if item["number"] == hazard.number]

    hazard = await major_closed(ledger)
    assert (await entry(hazard, still_open=True), await entry(hazard, still_open=False)) == ([None], [])
    own = await ledger.post(hazard.number, "pass-look-back", {"review": "合格"}, "city")
    assert (own.status_code, own.json()["code"]) == (403, "reviewer-may-not-look-back")
    passed = await ledger.post(hazard.number, "pass-look-back", {"review": "整改保持"}, "county-2")
    assert (passed.status_code, passed.json()["state"]) == (200, "closed")
    assert (await entry(hazard, still_open=True), await entry(hazard, still_open=False)) == ([], ["passed"])
    failing = {"reason": "回头看发现反弹", "deadline_on": ledger.in_days(10)}
    assert (await ledger.post(hazard.number, "reopen", failing)).json()["state"] == "rectifying"
    assert await entry(hazard, still_open=False) == ["failed"]


@pytest.mark.feature("SY31")
async def test_one_that_failed_stays_failed_where_the_next_closure_was_not_drawn(ledger: InProcess) -> None:
    hazard = await major_closed(ledger)
    failing = {"reason": "回头看发现反弹", "deadline_on": ledger.in_days(10)}
    assert (await ledger.post(hazard.number, "reopen", failing)).status_code == 200
    await struck_off(ledger, {"hazard_id": hazard.hazard_id, "number": hazard.number})
    await ledger.pool.execute("DELETE FROM look_back WHERE hazard_id = $1 AND closure = 2", hazard.hazard_id)
    assert (await ledger.post(hazard.number, "pass-look-back", {"review": "合格"}, "county-2")).status_code == 200
    rows = await ledger.pool.fetch("SELECT closure, outcome FROM look_back WHERE hazard_id = $1", hazard.hazard_id)
    assert [tuple(row) for row in rows] == [(1, "failed")]


async def major_closed(ledger: InProcess) -> Hazard:
    """A major hazard that the city struck off: of those every one is looked at again."""
    hazard = await ledger.confirmed("major")
    plan = {"measures": "更换", "responsible_post": "安全总监", "funds_yuan": 1, "contingency": "专人值守"}
    await ledger.post(hazard["number"], "plan", plan, "county")
    return await struck_off(ledger, hazard)


async def struck_off(ledger: InProcess, hazard: dict[str, Any]) -> Hazard:
    """The hazard once the city found it mended."""
    await ledger.submit(hazard, "county")
    await ledger.struck_off(hazard["number"])
    found = await ledger.find(hazard["number"])
    assert found is not None
    return found
