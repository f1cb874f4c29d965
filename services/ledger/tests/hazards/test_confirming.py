"""确认、不予认定、调级 and 延期: who may say so, until when, and for whom."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from duban_contracts.deadlines.calendar import CityDays, WorkingCalendar
from duban_contracts.deadlines.fold import advance
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, Grade, HazardState
from duban_contracts.testing.calendar import ZONE, june, local
from services.chassis.access.roles import REGULATORS, Role
from services.ledger.hazards.moves import Extend, Plan, Regrade, Reject, Reopen, decide
from services.ledger.tests.telling import (
    CITY,
    CLOSE,
    CONFIRM,
    COUNTY,
    DUE,
    ENTERPRISE,
    MAJOR,
    PLAN,
    RETURN,
    SUBMIT,
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

LATER = Extend(reason="需停产改造", deadline_on=DUE + timedelta(days=5))
TO_MAJOR = Regrade(grade=Grade.MAJOR, reason="判定标准第三条")
BARE = Plan(measures="停用", responsible_post="安全总监")
REJECT = Reject(reason="不构成事故隐患")


@pytest.mark.feature("SY23")
def test_confirmation_sets_grade_unit_and_deadline_and_the_clock_starts() -> None:
    hazard = confirmed()
    assert (hazard.state, hazard.grade, hazard.responsible_unit, hazard.deadline_on, hazard.confirmed_at) == (
        HazardState.CONFIRMED,
        Grade.GENERAL,
        "emergency_management",
        DUE,
        local(1, 12),
    )
    assert does(new_hazard(), (REJECT, COUNTY)).state is HazardState.REJECTED


@pytest.mark.parametrize("command", [CONFIRM, REJECT])
@pytest.mark.parametrize("role", sorted(set(Role) - REGULATORS))
def test_only_a_regulator_confirms_or_rejects(role: Role, command: msgspec.Struct) -> None:
    found = refused(new_hazard(), command, Actor(account="someone", role=role))
    assert (found.code, found.status, found.rule) == (
        "role-not-allowed",
        403,
        "the role must be one of city_regulator, county_regulator",
    )
    assert found.message


def test_a_county_regulator_neither_confirms_nor_extends_a_major_hazard() -> None:
    found = refused(new_hazard(), MAJOR, COUNTY)
    assert (found.code, found.status, found.field) == ("city-regulator-required", 403, "grade")
    rectifying = does(in_review(Grade.MAJOR), (RETURN, COUNTY))
    assert refusal(rectifying, LATER, COUNTY) == "city-regulator-required"
    assert does(rectifying, (LATER, CITY)).deadline_on == LATER.deadline_on


def test_the_deadlines_own_day_counts_in_the_citys_zone_and_yesterday_does_not() -> None:
    today = msgspec.structs.replace(CONFIRM, deadline_on=TODAY)
    last_moment = local(1, 23, 59)
    assert isinstance(decide(new_hazard(), today, by(COUNTY, last_moment)), HazardEvent)
    found = refused(new_hazard(), today, COUNTY, local(2))
    assert (found.code, found.status, found.field) == ("deadline-in-the-past", 422, "deadline_on")
    assert "2026-06-02" in found.message
    # 00:00 on the 2nd in Shanghai is still the 1st in UTC.
    assert local(2).date() == TODAY


@pytest.mark.promise("P3")
@pytest.mark.parametrize("day", [date(2029, 6, 2), date(2226, 6, 1), date(9999, 12, 31)])
def test_a_deadline_lies_within_the_years_that_the_city_allows_at_every_move_that_sets_one(day: date) -> None:
    moves = [
        (new_hazard(), msgspec.structs.replace(CONFIRM, deadline_on=day)),
        (confirmed(), Extend(reason="长期", deadline_on=day)),
        (closed(), Reopen(reason="反弹", deadline_on=day)),
    ]
    for hazard, command in moves:
        found = refused(hazard, command, CITY)
        assert (found.code, found.status, found.field) == ("deadline-too-far", 422, "deadline_on")
        assert "2029-06-01" in found.message
    furthest = msgspec.structs.replace(CONFIRM, deadline_on=date(2029, 6, 1))
    assert isinstance(decide(new_hazard(), furthest, by(CITY)), HazardEvent)


def test_an_unknown_unit_is_no_responsible_unit() -> None:
    wrong = msgspec.structs.replace(CONFIRM, responsible_unit="no_such_unit")
    found = refused(new_hazard(), wrong, COUNTY)
    assert (found.code, found.status, found.field) == ("unknown-term", 422, "responsible_unit")


def test_an_extension_ends_later_and_lifts_the_overdue_flag() -> None:
    hazard = noted(confirmed())
    assert hazard.overdue
    found = refused(hazard, Extend(reason="x", deadline_on=DUE), COUNTY)
    assert (found.code, found.field) == ("deadline-not-later", "deadline_on")
    assert refusal(hazard, Extend(reason="x", deadline_on=june(12)), COUNTY, local(13)) == "deadline-in-the-past"
    extended = does(hazard, (Extend(reason="x", deadline_on=june(12)), COUNTY))
    assert (extended.overdue, extended.deadline_on, extended.state) == (False, june(12), HazardState.CONFIRMED)


def test_only_the_city_regrades_and_only_to_the_other_grade() -> None:
    assert refusal(confirmed(), TO_MAJOR, COUNTY) == "role-not-allowed"
    major = does(confirmed(), (TO_MAJOR, CITY))
    assert (major.grade, major.state) == (Grade.MAJOR, HazardState.CONFIRMED)
    found = refused(major, TO_MAJOR, CITY)
    assert (found.code, found.field) == ("same-grade", "grade")
    assert refusal(does(in_review(), (TO_MAJOR, CITY)), TO_MAJOR, CITY) == "same-grade"


@pytest.mark.feature("SY28")
def test_a_major_hazard_needs_a_plan_before_its_submission_also_when_it_became_major_later() -> None:
    found = refused(confirmed(Grade.MAJOR), SUBMIT, ENTERPRISE)
    assert (found.code, found.status) == ("plan-required", 409)
    assert refusal(does(confirmed(), (TO_MAJOR, CITY)), SUBMIT, ENTERPRISE) == "plan-required"
    assert does(confirmed(Grade.MAJOR), (PLAN, ENTERPRISE), (SUBMIT, ENTERPRISE)).state is HazardState.IN_REVIEW


@pytest.mark.feature("SY28")
def test_a_major_hazard_is_not_rectifying_without_its_whole_rectification_list() -> None:
    found = refused(confirmed(Grade.MAJOR), BARE, ENTERPRISE)
    assert (found.code, found.status, found.field) == ("plan-incomplete", 422, "funds_yuan")
    assert found.message == "重大事故隐患的整改方案还缺：整改资金、应急预案"
    free = msgspec.structs.replace(PLAN, funds_yuan=0)
    hazard = does(confirmed(Grade.MAJOR), (free, ENTERPRISE))
    assert (hazard.state, hazard.responsible_unit, hazard.deadline_on) == (
        HazardState.RECTIFYING,
        CONFIRM.responsible_unit,
        DUE,
    )
    assert (hazard.planned_measures, hazard.responsible_post, hazard.funds_yuan, hazard.contingency) == (
        "停用",
        "安全总监",
        0,
        "专人值守",
    )
    assert does(confirmed(), (BARE, ENTERPRISE)).state is HazardState.RECTIFYING


@pytest.mark.feature("SY28")
@pytest.mark.parametrize(
    "steps", [[(SUBMIT, ENTERPRISE), (RETURN, COUNTY)], [(BARE, ENTERPRISE)]], ids=["none", "bare"]
)
def test_what_becomes_major_while_it_is_mended_is_planned_anew_where_its_list_is_not_whole(
    steps: list[tuple[msgspec.Struct, Actor]],
) -> None:
    rectifying = does(confirmed(), *steps)
    assert rectifying.state is HazardState.RECTIFYING
    major = does(rectifying, (TO_MAJOR, CITY))
    assert (major.state, major.grade, major.deadline_on) == (HazardState.CONFIRMED, Grade.MAJOR, DUE)
    assert refusal(major, SUBMIT, ENTERPRISE) == "plan-required"
    assert refusal(major, BARE, ENTERPRISE) == "plan-incomplete"
    assert does(major, (PLAN, ENTERPRISE)).state is HazardState.RECTIFYING
    assert does(confirmed(), (PLAN, ENTERPRISE), (TO_MAJOR, CITY)).state is HazardState.RECTIFYING


@pytest.mark.promise("P3")
def test_the_clock_goes_on_where_a_regrading_leads_back_to_confirmed() -> None:
    days = CityDays(ZONE, WorkingCalendar(frozenset({2026}), {}, {}))
    running = advance(None, said(new_hazard(), CONFIRM, by(CITY)), version=2, days=days)
    rectifying = does(confirmed(), (BARE, ENTERPRISE))
    regraded = said(rectifying, TO_MAJOR, by(CITY))
    assert regraded.hazard.state is HazardState.CONFIRMED
    after = advance(running, regraded, version=4, days=days)
    assert running is not None
    assert after is not None
    assert (after.state, after.deadline, after.grade) == (running.state, running.deadline, Grade.MAJOR)


@pytest.mark.feature("SY28")
def test_what_waits_for_review_becomes_major_with_its_whole_list_only() -> None:
    for steps in ([(SUBMIT, ENTERPRISE)], [(BARE, ENTERPRISE), (SUBMIT, ENTERPRISE)]):
        waits = does(confirmed(), *steps)
        found = refused(waits, TO_MAJOR, CITY)
        assert (found.code, found.message) == ("plan-required", "重大事故隐患须有完整的整改方案，才能调级")
        assert does(waits, (RETURN, COUNTY), (TO_MAJOR, CITY)).state is HazardState.CONFIRMED
    assert does(in_review(), (TO_MAJOR, CITY)).state is HazardState.IN_REVIEW


@pytest.mark.feature("SY28")
def test_nothing_major_is_struck_off_without_its_whole_list_however_it_came_to_review() -> None:
    # As an earlier version of the ledger let it.
    old = msgspec.structs.replace(does(confirmed(), (SUBMIT, ENTERPRISE)), grade=Grade.MAJOR)
    found = refused(old, CLOSE, CITY)
    assert (found.code, found.message) == ("plan-required", "重大事故隐患须有完整的整改方案，才能销号")
    assert refusal(does(old, (RETURN, CITY)), SUBMIT, ENTERPRISE) == "plan-required"


def test_a_move_that_the_state_does_not_know_is_a_conflict_that_names_both() -> None:
    found = refused(confirmed(), CONFIRM, COUNTY)
    assert (found.code, found.status, found.rule) == ("state-conflict", 409, "confirmed -> confirm")
    assert found.message == "隐患当前状态为“已确认”，不能确认"
