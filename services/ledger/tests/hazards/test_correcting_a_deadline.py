"""更正期限: a deadline that was entered wrongly is set right, by the city, earlier or later, with the reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from duban_contracts.events.hazards import HazardDeadlineCorrected
from duban_contracts.events.types import Actor, Grade, HazardState
from duban_contracts.testing.calendar import june, local
from services.chassis.access.roles import CITY_REGULATORS, Role
from services.ledger.hazards.moves import CorrectDeadline, RefuseExtension, Reject, RequestExtension
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.telling import (
    CITY,
    CITY_2,
    COUNTY,
    DUE,
    PLAN,
    RETURN,
    TODAY,
    by,
    closed,
    confirmed,
    does,
    in_review,
    new_hazard,
    noted,
    refusal,
    refused,
    said,
)

pytestmark = pytest.mark.promise("P3")
EARLIER = CorrectDeadline(reason="月份录入有误", deadline_on=june(5))
LATER = CorrectDeadline(reason="年份录入有误", deadline_on=date(2027, 6, 11))


@pytest.mark.parametrize("command", [EARLIER, LATER], ids=["earlier", "later"])
def test_the_city_sets_a_wrong_deadline_right_in_either_direction_and_both_days_are_said(
    command: CorrectDeadline,
) -> None:
    event = said(confirmed(), command, by(CITY))
    assert isinstance(event, HazardDeadlineCorrected)
    assert (event.previous_deadline_on, event.deadline_on, event.reason) == (DUE, command.deadline_on, command.reason)
    assert (event.hazard.deadline_on, event.hazard.state) == (command.deadline_on, HazardState.CONFIRMED)


@pytest.mark.parametrize("grade", Grade)
@pytest.mark.parametrize("role", sorted(set(Role) - CITY_REGULATORS))
def test_nobody_but_the_city_corrects_a_deadline(role: Role, grade: Grade) -> None:
    assert refusal(confirmed(grade), EARLIER, Actor(account="someone", role=role)) == "role-not-allowed"


def test_a_correction_lifts_the_overdue_flag_that_the_wrong_day_had_raised() -> None:
    late = noted(confirmed())
    assert late.overdue
    assert not does(late, (LATER, CITY)).overdue


def test_a_deadline_is_corrected_wherever_one_runs_or_rests_and_nowhere_else() -> None:
    for hazard in (confirmed(), does(confirmed(), (PLAN, COUNTY)), in_review(), does(in_review(), (RETURN, COUNTY))):
        after = does(hazard, (EARLIER, CITY))
        assert (after.state, after.deadline_on) == (hazard.state, EARLIER.deadline_on)
    rejected = does(new_hazard(), (Reject(reason="不构成"), COUNTY))
    for hazard in (new_hazard(), rejected, closed()):
        assert refusal(hazard, EARLIER, CITY) == "state-conflict"


def test_a_corrected_deadline_is_plausible_ahead_and_another_one() -> None:
    for day, code in (
        (TODAY - timedelta(days=1), "deadline-in-the-past"),
        (date(2029, 6, 2), "deadline-too-far"),
        (DUE, "same-deadline"),
    ):
        found = refused(confirmed(), CorrectDeadline(reason="x", deadline_on=day), CITY)
        assert (found.code, found.status, found.field) == (code, 422, "deadline_on")
    assert does(confirmed(), (CorrectDeadline(reason="x", deadline_on=TODAY), CITY)).deadline_on == TODAY
    assert refusal(confirmed(), EARLIER, CITY, local(6)) == "deadline-in-the-past"


def test_who_asked_for_an_extension_does_not_give_it_by_a_correction_and_one_that_is_no_longer_later_is_gone() -> None:
    asked = does(confirmed(), (RequestExtension(reason="设备到货延迟", deadline_on=june(20)), CITY))
    for command in (EARLIER, LATER):
        found = refused(asked, command, CITY)
        assert (found.code, found.status) == ("own-extension-request", 403)
    still = does(asked, (EARLIER, CITY_2))
    assert (still.extension_wanted_on, still.extension_asked_by) == (june(20), CITY.account)
    for day in (20, 21):
        gone = does(asked, (CorrectDeadline(reason="录入有误", deadline_on=june(day)), CITY_2))
        assert (gone.extension_wanted_on, gone.extension_asked_by) == (None, None)
        assert refusal(gone, RefuseExtension(reason="可以按期"), CITY_2) == "extension-not-requested"


async def test_over_http_a_correction_keeps_the_old_day_readable_and_the_county_hears_of_it(ledger: InProcess) -> None:
    hazard = await ledger.confirmed()
    name, body = hazard["hazard_id"], {"reason": "日期录入有误", "deadline_on": "2026-06-05"}
    assert (await ledger.post(name, "correct-deadline", body, "county")).status_code == 403
    assert (await ledger.post(name, "correct-deadline", {"deadline_on": "2026-06-05"})).status_code == 422
    answer = await ledger.post(name, "correct-deadline", body)
    assert (answer.status_code, answer.json()["deadline_on"], answer.json()["version"]) == (200, "2026-06-05", 3)
    last = (await ledger.get(f"/v1/hazards/{name}/timeline", "county")).json()["items"][-1]
    assert last["title"] == "更正期限"
    told = last["payload"]
    assert (told["previous_deadline_on"], told["deadline_on"]) == (hazard["deadline_on"], "2026-06-05")
    assert told["reason"] == body["reason"]
    copies = [event.type for event in await ledger.said(f"county.{hazard['county']}.feedback.v1")]
    assert "duban.hazard.deadline_corrected.v1" in copies
