"""挂牌督办: who lists a hazard, at which level and until when; nobody else lifts that, and nothing listed is closed."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from duban_contracts.events.consultation import Tier
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, Grade, HazardState, ListingLevel
from duban_contracts.testing.calendar import local
from services.chassis.access.roles import OFFICES, REGULATORS, Role
from services.ledger.hazards.model import Hazard, evolve
from services.ledger.hazards.moves import (
    SCHEDULER,
    Escalate,
    ListHazard,
    MarkListingOverdue,
    Register,
    Regrade,
    decide,
    register,
)
from services.ledger.tests.telling import (
    CITY,
    CITY_2,
    CLOSE,
    CONFIRM,
    COUNTY,
    COUNTY_OFFICE,
    DUE,
    ENTERPRISE,
    LIFT,
    LIST,
    MACHINE,
    NOON,
    OFFICE,
    PLAN,
    REGISTER,
    RETURN,
    SUBMIT,
    TODAY,
    by,
    closed,
    confirmed,
    does,
    in_review,
    listed,
    new_hazard,
    refusal,
    refused,
)

GOVERNMENT = msgspec.structs.replace(LIST, level=ListingLevel.COUNTY_GOVERNMENT)
FIRE_BRIGADE = Actor(account="fire-140502-1", role=Role.COUNTY_REGULATOR, unit="fire_rescue")
LISTED_UNTIL = LIST.deadline_on
LISTING_DUE_AT = local(1) + timedelta(days=(LISTED_UNTIL - TODAY).days + 1)


def fire_hazard() -> Hazard:
    values = {name: getattr(REGISTER, name) for name in Register.__struct_fields__} | {"sector": "fire_safety"}
    reported = evolve(None, register(Register(**values), by(MACHINE)))
    return does(reported, (msgspec.structs.replace(CONFIRM, grade=Grade.MAJOR), CITY))


@pytest.mark.feature("SY29")
def test_a_listed_hazard_shows_its_level_its_authority_and_its_own_deadline() -> None:
    hazard = listed()
    listing = hazard.listing
    assert listing is not None
    assert (listing.level, listing.authority, listing.county) == (ListingLevel.CITY, "safety_committee", None)
    assert (listing.document, listing.deadline_on, listing.overdue) == (LIST.document, LISTED_UNTIL, False)
    assert (hazard.deadline_on, hazard.state) == (DUE, HazardState.CONFIRMED)


@pytest.mark.feature("SY29")
def test_a_listed_hazard_is_closed_after_its_listing_is_lifted_and_not_before() -> None:
    hazard = does(listed(), (PLAN, ENTERPRISE), (SUBMIT, ENTERPRISE))
    found = refused(hazard, CLOSE, CITY)
    assert (found.code, found.status) == ("listing-not-lifted", 409)
    assert "市安全生产委员会" in found.message
    assert LIST.document in found.message
    assert isinstance(decide(does(hazard, (LIFT, OFFICE)), CLOSE, by(CITY)), HazardEvent)


@pytest.mark.feature("SY29")
def test_a_listed_hazard_stays_major_until_its_listing_is_lifted() -> None:
    milder = Regrade(grade=Grade.GENERAL, reason="已降级")
    found = refused(listed(), milder, CITY)
    assert (found.code, found.status) == ("listed-stays-major", 409)
    assert LIST.document in found.message
    assert does(listed(), (LIFT, OFFICE), (milder, CITY)).grade is Grade.GENERAL


def test_a_listed_hazard_goes_on_as_any_other_until_then() -> None:
    hazard = does(listed(), (PLAN, ENTERPRISE), (SUBMIT, ENTERPRISE), (RETURN, COUNTY), (SUBMIT, ENTERPRISE))
    assert (hazard.state, hazard.listing) == (HazardState.IN_REVIEW, listed().listing)


@pytest.mark.parametrize(
    ("actor", "level", "authority", "county"),
    [
        (OFFICE, ListingLevel.CITY, "safety_committee", None),
        (COUNTY_OFFICE, ListingLevel.COUNTY, "county_safety_committee", "140502"),
        (FIRE_BRIGADE, ListingLevel.DEPARTMENT, "fire_rescue", "140502"),
        (CITY, ListingLevel.DEPARTMENT, "regulatory_departments", None),
    ],
)
def test_who_acts_says_for_whom(actor: Actor, level: ListingLevel, authority: str, county: str | None) -> None:
    listing = listed(by_whom=actor).listing
    assert listing is not None
    assert (listing.level, listing.authority, listing.county) == (level, authority, county)


@pytest.mark.feature("SY29")
@pytest.mark.feature("SY40")
def test_a_countys_department_lifts_its_own_listing_also_after_the_matter_was_sent_up_to_the_city() -> None:
    up = does(listed(by_whom=FIRE_BRIGADE), (Escalate(to=Tier.CITY, reason="涉及多个产权单位"), COUNTY))
    assert up.sent_up_to is Tier.CITY
    # It is that one's to lift, and nobody else is told that the city would.
    for actor in (CITY, COUNTY, OFFICE):
        found = refused(up, LIFT, actor)
        assert (found.code, found.message) == (
            "listed-by-another-authority",
            "挂牌督办只能由挂牌机关（消防救援支队/大队）解除",
        )
    lifted = does(up, (LIFT, FIRE_BRIGADE))
    assert (lifted.listing, lifted.sent_up_to) == (None, Tier.CITY)
    assert refusal(lifted, LIST, FIRE_BRIGADE) == "handled-by-city"


def test_a_countys_government_lists_fire_hazards_only() -> None:
    assert refusal(confirmed(Grade.MAJOR), GOVERNMENT, COUNTY_OFFICE) == "listing-level-for-fire"
    hazard = does(fire_hazard(), (GOVERNMENT, COUNTY_OFFICE))
    assert hazard.listing is not None
    assert hazard.listing.authority == "county_government"


@pytest.mark.parametrize("actor", [OFFICE, CITY, COUNTY])
def test_nobody_lists_in_the_name_of_another_level(actor: Actor) -> None:
    found = refused(fire_hazard(), GOVERNMENT, actor)
    assert (found.code, found.status, found.field) == ("listing-level-not-allowed", 403, "level")
    assert "县级人民政府" in found.message


@pytest.mark.feature("SY29")
@pytest.mark.parametrize("actor", [OFFICE, COUNTY_OFFICE, FIRE_BRIGADE, CITY])
def test_only_the_authority_that_listed_lifts(actor: Actor) -> None:
    hazard = listed(by_whom=actor)
    for other in (OFFICE, COUNTY_OFFICE, FIRE_BRIGADE, CITY, COUNTY):
        if other is actor:
            continue
        found = refused(hazard, LIFT, other)
        assert (found.code, found.status) == ("listed-by-another-authority", 403)
    assert does(hazard, (LIFT, actor)).listing is None


def test_accounts_of_one_authority_stand_in_for_each_other() -> None:
    assert does(listed(by_whom=CITY), (LIFT, CITY_2)).listing is None
    again = msgspec.structs.replace(COUNTY_OFFICE, account="office-140502-2")
    government = does(fire_hazard(), (GOVERNMENT, COUNTY_OFFICE))
    assert does(government, (LIFT, again)).listing is None


def test_one_listing_holds_at_a_time_and_each_has_its_number() -> None:
    assert refusal(listed(), LIST, COUNTY_OFFICE) == "already-listed"
    assert refusal(confirmed(Grade.MAJOR), LIFT, OFFICE) == "not-listed"
    again = does(listed(), (LIFT, OFFICE), (LIST, COUNTY_OFFICE))
    assert again.listing is not None
    assert (again.listing.number, again.listing_count) == (2, 2)


def test_only_a_major_hazard_that_is_open_is_listed() -> None:
    assert refusal(confirmed(), LIST, OFFICE) == "listing-needs-major"
    for hazard in (new_hazard(), closed(Grade.MAJOR)):
        assert refusal(hazard, LIST, OFFICE) == "state-conflict"
    assert does(in_review(Grade.MAJOR), (LIST, OFFICE)).listing is not None


def test_a_listing_needs_a_deadline_that_can_be_kept() -> None:
    hazard = confirmed(Grade.MAJOR)
    yesterday = msgspec.structs.replace(LIST, deadline_on=TODAY - timedelta(days=1))
    found = refused(hazard, yesterday, OFFICE)
    assert (found.code, found.field) == ("deadline-in-the-past", "deadline_on")
    assert refusal(hazard, msgspec.structs.replace(LIST, deadline_on=TODAY.replace(year=9999)), OFFICE) == (
        "deadline-too-far"
    )


@pytest.mark.parametrize("role", sorted(set(Role) - OFFICES - REGULATORS))
@pytest.mark.parametrize("command", [LIST, LIFT])
def test_listing_is_an_offices_or_a_regulators(role: Role, command: msgspec.Struct) -> None:
    assert refusal(listed(), command, Actor(account="someone", role=role)) == "role-not-allowed"


@pytest.mark.promise("P3")
@pytest.mark.feature("SY45")
def test_a_listing_whose_time_passed_is_marked_once_and_a_stale_word_changes_nothing() -> None:
    passed = MarkListingOverdue(number=1, due_at=LISTING_DUE_AT)
    late = does(listed(), (passed, SCHEDULER))
    assert late.listing is not None
    assert (late.listing.overdue, late.overdue) == (True, False)
    assert refusal(late, passed, SCHEDULER) == "state-conflict"
    # Another listing holds, or none; or 整改完成 came in time and waits for its review.
    other = does(listed(), (LIFT, OFFICE), (ListHazard(document="另文", deadline_on=LISTED_UNTIL), OFFICE))
    answered = does(listed(), (PLAN, ENTERPRISE), (SUBMIT, ENTERPRISE))
    for hazard in (other, does(listed(), (LIFT, OFFICE)), answered):
        assert refusal(hazard, passed, SCHEDULER) == "state-conflict"
    early = MarkListingOverdue(number=1, due_at=NOON - timedelta(days=1))
    too_late = does(listed(), (PLAN, ENTERPRISE), (SUBMIT, ENTERPRISE), (early, SCHEDULER))
    assert too_late.listing is not None
    assert too_late.listing.overdue
    # In the last instant is in time.
    assert answered.submitted_at is not None
    at_once = MarkListingOverdue(number=1, due_at=answered.submitted_at)
    assert refusal(answered, at_once, SCHEDULER) == "state-conflict"
