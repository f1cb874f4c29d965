"""两级确认: which hazards two levels confirm, who is which level, and that nobody is both (S4 item 6)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from duban_contracts.deadlines.calendar import CityDays, WorkingCalendar
from duban_contracts.deadlines.fold import advance
from duban_contracts.events.gathering import FirstLevel, HazardUnmerged
from duban_contracts.events.hazards import HazardEvent, HazardFirstConfirmed
from duban_contracts.events.types import Actor, Channel, Grade, HazardState
from duban_contracts.policies import Confirmation, TwoLevels
from duban_contracts.profile import load_city
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import ZONE
from services.chassis.access.roles import Role
from services.ledger.hazards.model import Hazard, Post, evolve, facts
from services.ledger.hazards.moves import Correct, FirstConfirm, Merge, Regrade, Reopen, Stamp, Unmerge, decide
from services.ledger.tests.telling import (
    CITY,
    CITY_2,
    CONFIRM,
    COUNTY,
    DUE,
    ENTERPRISE,
    FIRST,
    MACHINE,
    MAJOR,
    NOON,
    PLAN,
    REGISTER,
    RULES,
    SUBMIT,
    by,
    confirmed,
    does,
    new_hazard,
    refusal,
    refused,
    said,
    struck_off,
)

OWN = new_hazard(Channel.SELF_REPORT)
ANOTHER = msgspec.structs.replace(confirmed(Grade.MAJOR), hazard_id="h-2")
PRINCIPAL = Actor(account="principal-1", role=Role.ENTERPRISE_PRINCIPAL)
TO_MAJOR = Regrade(grade=Grade.MAJOR, reason="判定标准第三条")
JINCHENG = Path(__file__).parents[4] / "deploy" / "profiles" / "jincheng"


def of(role: Role, unit: str | None) -> Actor:
    return Actor(account=f"{role}-{unit}", role=role, unit=unit)


@pytest.mark.feature("SY27")
def test_an_enterprises_major_hazard_stays_reported_until_the_second_level_confirms() -> None:
    alone = refused(OWN, MAJOR, CITY)
    assert (alone.code, alone.status, alone.field) == ("first-level-required", 409, "grade")
    assert alone.message == "按本市规定，该隐患须两级确认：一级确认之后，再由二级确认"
    first = does(OWN, (FIRST, ENTERPRISE))
    assert (first.state, first.grade, first.deadline_on, first.first_confirmed_at) == (
        HazardState.REPORTED,
        None,
        None,
        NOON,
    )
    second = does(first, (MAJOR, CITY))
    assert (second.state, second.grade, second.deadline_on) == (HazardState.CONFIRMED, Grade.MAJOR, DUE)


@pytest.mark.feature("SY27")
def test_the_same_person_never_confirms_at_both_levels() -> None:
    policy = Confirmation(
        two_levels=(TwoLevels(channel=Channel.INSPECTION, grade=Grade.MAJOR, first=("city_regulator",)),)
    )
    stamp = msgspec.structs.replace(by(CITY), rules=msgspec.structs.replace(RULES, confirmation=policy))
    event = said(new_hazard(), FIRST, stamp)
    assert isinstance(event, HazardFirstConfirmed)
    first = does(new_hazard(Channel.SELF_REPORT), (FIRST, COUNTY))
    same = refused(first, MAJOR, Actor(account=COUNTY.account, role=Role.CITY_REGULATOR))
    assert (same.code, same.status) == ("same-confirmer", 403)
    assert refusal(first, FIRST, COUNTY) == refusal(first, FIRST, ENTERPRISE) == "first-level-done"


@pytest.mark.feature("SY27")
def test_one_unit_is_never_both_levels_of_an_enterprises_own_report() -> None:
    policy = Confirmation(
        two_levels=tuple(
            TwoLevels(channel=channel, grade=Grade.MAJOR, first=("city_regulator", "county_regulator"))
            for channel in (Channel.SELF_REPORT, Channel.INSPECTION)
        )
    )
    rules = msgspec.structs.replace(RULES, confirmation=policy)

    def second(channel: Channel, first: Actor, then: Actor) -> str:
        at = Stamp(actor=first, at=NOON, received_at=NOON, rules=rules)
        hazard = evolve(new_hazard(channel), said(new_hazard(channel), FIRST, at))
        decision = decide(hazard, MAJOR, msgspec.structs.replace(at, actor=then))
        return "confirmed" if isinstance(decision, HazardEvent) else decision.code

    fire, bureau = of(Role.CITY_REGULATOR, "fire_rescue"), of(Role.CITY_REGULATOR, "emergency_management")
    colleague = Actor(account="colleague", role=Role.CITY_REGULATOR, unit="emergency_management")
    countys = of(Role.COUNTY_REGULATOR, "emergency_management")
    assert second(Channel.SELF_REPORT, bureau, colleague) == "same-unit-confirmer"
    assert second(Channel.SELF_REPORT, bureau, fire) == "confirmed"
    # The county's bureau and the city's have one code and are two units.
    assert second(Channel.SELF_REPORT, countys, bureau) == "confirmed"
    assert second(Channel.INSPECTION, bureau, colleague) == "confirmed"


@pytest.mark.feature("SY27")
def test_policy_says_by_channel_and_grade_where_one_level_is_enough() -> None:
    assert does(new_hazard(), (MAJOR, CITY)).state is HazardState.CONFIRMED
    assert does(OWN, (CONFIRM, COUNTY)).state is HazardState.CONFIRMED
    for hazard, command in ((new_hazard(), FIRST), (OWN, FirstConfirm(grade=Grade.GENERAL, reason="一般"))):
        found = refused(hazard, command, COUNTY)
        assert (found.code, found.status, found.field) == ("first-level-not-asked", 409, "grade")
    # By the policy of this city the enterprise or its county is the first level; the city is not.
    assert refusal(OWN, FIRST, CITY) == "role-not-allowed"
    assert load_city(JINCHENG).rules.confirmation == RULES.confirmation


def test_the_regulator_may_find_it_less_than_the_first_level_did() -> None:
    first = does(OWN, (FIRST, COUNTY))
    assert does(first, (CONFIRM, COUNTY)).grade is Grade.GENERAL


def test_a_corrected_report_has_to_be_confirmed_anew() -> None:
    values = {name: getattr(REGISTER, name) for name in Correct.__struct_fields__}
    corrected = does(does(OWN, (FIRST, ENTERPRISE)), (Correct(**values | {"channel": Channel.SELF_REPORT}), MACHINE))
    assert (corrected.first_confirmed_at, corrected.first_confirmed_by) == (None, None)
    assert refusal(corrected, MAJOR, CITY) == "first-level-required"


@pytest.mark.feature("SY27")
def test_a_regrading_to_major_is_a_new_confirmation_by_two_levels() -> None:
    general = does(OWN, (CONFIRM, CITY))
    assert refusal(general, TO_MAJOR, CITY) == "first-level-required"
    first = does(general, (FIRST, PRINCIPAL))
    assert (first.grade, first.state) == (Grade.GENERAL, HazardState.CONFIRMED)
    major = does(first, (TO_MAJOR, CITY_2))
    assert major.grade is Grade.MAJOR
    assert refusal(major, FIRST, ENTERPRISE) == "same-grade"
    assert does(confirmed(), (TO_MAJOR, CITY)).grade is Grade.MAJOR


@pytest.mark.feature("SY27")
def test_a_first_level_counts_once_so_nobody_makes_it_major_again_alone() -> None:
    general = does(OWN, (FIRST, PRINCIPAL), (MAJOR, CITY), (Regrade(grade=Grade.GENERAL, reason="已降级"), CITY))
    assert (general.first_confirmed_at, general.first_confirmed_grade) == (None, None)
    assert refusal(general, TO_MAJOR, CITY_2) == "first-level-required"
    assert does(general, (FIRST, PRINCIPAL), (TO_MAJOR, CITY_2)).grade is Grade.MAJOR


@pytest.mark.feature("SY27")
def test_a_first_level_counts_for_the_grade_that_it_said_and_another_one_replaces_it() -> None:
    both = tuple(
        TwoLevels(channel=Channel.SELF_REPORT, grade=grade, first=("enterprise_principal",)) for grade in Grade
    )
    rules = msgspec.structs.replace(RULES, confirmation=Confirmation(two_levels=both))

    def told(hazard: Hazard, command: msgspec.Struct, actor: Actor) -> Hazard:
        return evolve(hazard, said(hazard, command, msgspec.structs.replace(by(actor), rules=rules)))

    as_general = FirstConfirm(grade=Grade.GENERAL, reason="一般")
    general = told(OWN, as_general, PRINCIPAL)
    stamp = msgspec.structs.replace(by(CITY), rules=rules)
    alone = decide(general, MAJOR, stamp)
    assert isinstance(alone, Refusal)
    assert alone.code == "first-level-required"
    assert told(general, CONFIRM, CITY).grade is Grade.GENERAL
    major = told(general, FIRST, PRINCIPAL)
    assert (major.first_confirmed_grade, major.first_confirmed_by) == (Grade.MAJOR, PRINCIPAL.account)
    assert told(major, MAJOR, CITY).grade is Grade.MAJOR


@pytest.mark.feature("SY27")
def test_a_first_level_that_was_never_answered_ends_with_its_hazard_and_one_that_was_stays_known() -> None:
    mended = ((PLAN, ENTERPRISE), (SUBMIT, ENTERPRISE))
    struck = struck_off(does(OWN, (CONFIRM, COUNTY), (FIRST, COUNTY), *mended))
    assert (struck.first_confirmed_at, struck.first_confirmed_by, struck.first_confirmed_grade) == (None, None, None)
    again = does(struck, (Reopen(reason="反弹", deadline_on=DUE), CITY))
    assert refusal(again, TO_MAJOR, CITY_2) == "first-level-required"
    waits = does(again, (FIRST, COUNTY))
    taken_out = does(waits, (Merge(reason="同一处", survivor=ANOTHER), CITY), (Unmerge(reason="系两处"), CITY))
    assert (again.first_confirmed_grade, taken_out.first_confirmed_grade) == (None, Grade.MAJOR)
    answered = struck_off(does(OWN, (FIRST, COUNTY), (MAJOR, CITY), *mended))
    assert (answered.state, answered.first_confirmed_by) == (HazardState.CLOSED, COUNTY.account)


def test_a_first_level_of_which_a_part_is_not_known_is_told_as_none_when_its_hazard_is_taken_out() -> None:
    merged = does(OWN, (FIRST, ENTERPRISE), (Merge(reason="同一处", survivor=ANOTHER), CITY))
    told = said(merged, Unmerge(reason="系两处"), by(CITY))
    assert isinstance(told, HazardUnmerged)
    assert told.first_confirmed == FirstLevel(grade=Grade.MAJOR, confirmed_at=NOON, unit=ENTERPRISE.unit)
    for part in ("grade", "at", "post"):
        lacking = msgspec.structs.replace(merged, **{f"first_confirmed_{part}": None})
        told = said(lacking, Unmerge(reason="系两处"), by(CITY))
        assert isinstance(told, HazardUnmerged)
        assert told.first_confirmed is None, part


def test_a_row_that_was_closed_with_a_waiting_first_level_loses_it_once_it_is_reopened() -> None:
    waits = does(OWN, (CONFIRM, COUNTY), (FIRST, COUNTY))
    old = msgspec.structs.replace(waits, state=HazardState.CLOSED, closed_at=NOON, closed_by=CITY.account)
    assert does(old, (Reopen(reason="反弹", deadline_on=DUE), CITY)).first_confirmed_at is None


@pytest.mark.promise("P3")
def test_no_clock_runs_before_the_second_level() -> None:
    days = CityDays(ZONE, WorkingCalendar(frozenset({2026}), {}, {}))
    first = does(OWN, (FIRST, ENTERPRISE))
    event = said(OWN, FIRST, by(ENTERPRISE))
    assert event.hazard == facts(first)
    assert advance(None, event, version=2, days=days) is None
    assert advance(None, said(first, MAJOR, by(CITY)), version=3, days=days) is not None


def test_a_post_is_written_and_read_and_named() -> None:
    for post in (Post("city_regulator", "fire_rescue"), Post("enterprise_user")):
        assert Post.parse(str(post)) == post
    assert Post("city_regulator", "emergency_management").zh == "应急管理局市级监管人员"
