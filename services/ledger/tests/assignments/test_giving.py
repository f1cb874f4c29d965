"""交办: to whom a matter can be given, and what is wrong with one that nobody could answer. Rules on values."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june
from services.chassis.access.roles import Role
from services.ledger.assignments.model import Assignment, AssignmentEntry, AssignmentState
from services.ledger.assignments.moves import (
    AnswerMatter,
    Assign,
    Made,
    WithdrawMatter,
    assign,
)
from services.ledger.hazards.model.hand import Hand
from services.ledger.tests.assignments.saying import (
    BUREAU,
    CITY,
    COUNTIES,
    DUE,
    GIVEN,
    LATEST,
    TODAY,
    does,
    hand,
    made_of,
    refusal,
)
from services.ledger.tests.telling import new_hazard


def test_a_countys_office_gives_matters_within_its_county_and_nobody_one_that_is_late_at_once() -> None:
    county = hand(Role.COUNTY_OFFICE)
    own = assign(GIVEN, "a-1", None, county, latest=LATEST, counties=COUNTIES)
    assert isinstance(own, Made)
    assert own.assignment.county == county.county
    elsewhere = msgspec.structs.replace(GIVEN, county="140521")
    assert (
        refusal(assign(elsewhere, "a-1", None, county, latest=LATEST, counties=COUNTIES)) == "assignment-outside-area"
    )
    hazard = msgspec.structs.replace(new_hazard(), county="140521")
    assert refusal(assign(GIVEN, "a-1", hazard, county, latest=LATEST, counties=COUNTIES)) == "assignment-outside-area"
    yesterday = msgspec.structs.replace(GIVEN, due_on=june(1) - timedelta(days=1))
    assert refusal(assign(yesterday, "a-1", None, CITY, latest=LATEST, counties=COUNTIES)) == "answer-day-in-the-past"
    for_ever = msgspec.structs.replace(GIVEN, due_on=date(9999, 12, 31))
    assert refusal(assign(for_ever, "a-1", None, CITY, latest=LATEST, counties=COUNTIES)) == "answer-day-too-far"


def test_a_new_assignment_says_what_the_office_said_and_who_gave_it() -> None:
    command = msgspec.structs.replace(GIVEN, county="140502", sector="hazchem")
    for by, office in ((CITY, "safety_committee_office"), (hand(Role.COUNTY_OFFICE), "county_safety_committee")):
        made = assign(command, "a-1", None, by, latest=LATEST, counties=COUNTIES)
        assert isinstance(made, Made)
        assert made.assignment == Assignment(
            assignment_id="a-1",
            document=GIVEN.document,
            matter=GIVEN.matter,
            county="140502",
            unit=GIVEN.unit,
            sector="hazchem",
            hazard_id=None,
            hazard_number=None,
            given_by=office,
            given_by_county=by.county,
            due_on=DUE,
            state=AssignmentState.OPEN,
            late=False,
            version=1,
        )
        assert made.entry == AssignmentEntry(
            version=1, move="assign", at=by.at, account=by.actor.account, unit=None, text=GIVEN.matter
        )
    of_hazard = assign(GIVEN, "a-1", new_hazard(), CITY, latest=LATEST, counties=COUNTIES)
    assert isinstance(of_hazard, Made)
    assert of_hazard.assignment.hazard_id == new_hazard().hazard_id


@pytest.mark.parametrize(
    ("command", "by", "field", "said"),
    [
        (msgspec.structs.replace(GIVEN, county="140521"), hand(Role.COUNTY_OFFICE), "county", ""),
        (msgspec.structs.replace(GIVEN, county="110101"), CITY, "county", ""),
        (msgspec.structs.replace(GIVEN, due_on=date(2026, 5, 31)), CITY, "due_on", "2026-06-01"),
        (msgspec.structs.replace(GIVEN, due_on=date(2031, 6, 2)), CITY, "due_on", "2031-06-01"),
    ],
)
def test_what_is_wrong_with_a_new_assignment_is_named_with_the_day_that_holds(
    command: Assign, by: Hand, field: str, said: str
) -> None:
    refused = assign(command, "a-1", None, by, latest=LATEST, counties=COUNTIES)
    assert isinstance(refused, Refusal)
    assert refused.field == field
    assert said in f"{refused.message}{refused.rule}"
    assert "None" not in f"{refused.message}{refused.rule}"


def test_an_answer_is_due_on_its_very_day_and_given_until_the_latest() -> None:
    for due_on in (TODAY, LATEST):
        assert isinstance(
            assign(msgspec.structs.replace(GIVEN, due_on=due_on), "a-1", None, CITY, latest=LATEST, counties=COUNTIES),
            Made,
        )


@pytest.mark.feature("SY32")
def test_a_matter_that_is_a_hazard_is_given_to_the_city_or_to_the_hazards_county_and_its_sector_is_the_hazards() -> (
    None
):
    for county in (None, "140502"):
        command = msgspec.structs.replace(GIVEN, county=county)
        made = assign(command, "a-1", new_hazard(), CITY, latest=LATEST, counties=COUNTIES)
        assert isinstance(made, Made)
        assert (made.assignment.county, made.assignment.sector, made.assignment.hazard_number) == (
            county,
            "hazchem",
            "140502-2026-000001",
        )
        of_city = hand(Role.CITY_REGULATOR, county=None, unit=GIVEN.unit)
        answered = made_of(made.assignment, AnswerMatter, of_city if county is None else BUREAU)
        assert isinstance(answered, Made), answered


@pytest.mark.parametrize(("field", "said"), [("county", "140521"), ("sector", "coal_mine")])
def test_what_is_said_against_the_hazard_is_refused_and_not_left_out_in_silence(field: str, said: str) -> None:
    command = msgspec.structs.replace(GIVEN, **{field: said})
    refused = assign(command, "a-1", new_hazard(), CITY, latest=LATEST, counties=COUNTIES)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.field) == ("differs-from-hazard", field)


@given(
    st.sampled_from([None, "140502", "140521", "110101"]),
    st.sampled_from([CITY, hand(Role.COUNTY_OFFICE)]),
    st.booleans(),
)
def test_whatever_is_given_somebody_can_answer_it_and_its_giver_can_withdraw_it(
    county: str | None,
    by: Hand,
    of_hazard: bool,  # noqa: FBT001 - drawn
) -> None:
    command, hazard = msgspec.structs.replace(GIVEN, county=county), new_hazard() if of_hazard else None
    made = assign(command, "a-1", hazard, by, latest=LATEST, counties=COUNTIES)
    if isinstance(made, Refusal):
        return
    given, people = made.assignment, [*COUNTIES, None]
    role = {place: Role.COUNTY_REGULATOR if place else Role.CITY_REGULATOR for place in people}
    answers = [made_of(given, AnswerMatter, hand(role[each], county=each, unit=GIVEN.unit)) for each in people]
    assert sum(isinstance(each, Made) for each in answers) == 1
    assert given.county in {county, by.county}
    assert does(given, (WithdrawMatter, by)).state is AssignmentState.WITHDRAWN
