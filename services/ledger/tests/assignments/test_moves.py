"""交办: who gives, who answers, who finds it good, and what is owed past its day. Rules on values."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june, local
from services.chassis.access.roles import Role
from services.ledger.assignments.model import Assignment, AssignmentEntry, AssignmentState
from services.ledger.assignments.moves import MOVES, Accept, AnswerMatter, Assign, Made, ReturnMatter, assign
from services.ledger.hazards.model.hand import Hand
from services.ledger.tests.telling import new_hazard

TODAY, DUE, LATEST = june(1), june(10), date(2031, 6, 1)
GIVEN = Assign(
    document="晋市安委办交〔2026〕5号", matter="三家加油站动火未审批", unit="emergency_management", due_on=DUE
)
WORDS: dict[type[msgspec.Struct], msgspec.Struct] = {
    AnswerMatter: AnswerMatter(answer="已整改"),
    Accept: Accept(remark="同意办结"),
    ReturnMatter: ReturnMatter(reason="缺少复查记录"),
}


def hand(role: Role, day: date = TODAY, *, county: str | None = "140502", unit: str | None = None) -> Hand:
    return Hand(actor=Actor(account=f"{role}-1", role=role, unit=unit), county=county, at=local(day.day, 9), today=day)


CITY = hand(Role.CITY_OFFICE, county=None)
BUREAU = hand(Role.COUNTY_REGULATOR, unit="emergency_management")


def given_to_the_county(command: Assign = GIVEN, by: Hand = CITY) -> Assignment:
    made = assign(msgspec.structs.replace(command, county="140502"), "a-1", None, by, latest=LATEST)
    assert isinstance(made, Made)
    return made.assignment


def made_of(assignment: Assignment, command: type[msgspec.Struct], by: Hand) -> Made | Refusal:
    [move] = [move for move in MOVES if move.command is command]
    return move.make(assignment, WORDS[command], by)


def does(assignment: Assignment, *steps: tuple[type[msgspec.Struct], Hand]) -> Assignment:
    for command, by in steps:
        made = made_of(assignment, command, by)
        assert isinstance(made, Made), made
        assignment = made.assignment
    return assignment


def refusal(said: Any) -> str:
    assert isinstance(said, Refusal), said
    return said.code


@pytest.mark.feature("SY32")
def test_a_matter_is_owed_until_it_is_answered_and_counts_the_days_past_its_date() -> None:
    owed = given_to_the_county()
    assert [owed.days_late(day) for day in (june(9), DUE, june(11), june(13))] == [0, 0, 1, 3]
    answered = does(owed, (AnswerMatter, BUREAU))
    assert (answered.state, answered.late, answered.days_late(june(30))) == (AssignmentState.ANSWERED, False, 0)
    # What comes back is owed again by the same day.
    assert does(answered, (ReturnMatter, CITY)).days_late(june(12)) == 2


def test_an_answer_after_its_day_is_taken_and_stays_late() -> None:
    late = does(given_to_the_county(), (AnswerMatter, msgspec.structs.replace(BUREAU, today=june(11))))
    assert late.late
    assert does(late, (ReturnMatter, CITY), (AnswerMatter, BUREAU), (Accept, CITY)).late


def test_the_unit_that_was_given_it_answers_or_its_countys_office_and_nobody_else() -> None:
    owed = given_to_the_county()
    office = hand(Role.COUNTY_OFFICE, unit="county_safety_committee")
    assert isinstance(made_of(owed, AnswerMatter, office), Made)
    for other in (
        hand(Role.COUNTY_REGULATOR, unit="fire_rescue"),
        hand(Role.COUNTY_REGULATOR, county="140521", unit="emergency_management"),
        hand(Role.CITY_REGULATOR, county=None, unit="emergency_management"),
        CITY,
    ):
        assert refusal(made_of(owed, AnswerMatter, other)) == "assignment-of-another"


def test_the_office_that_gave_it_decides_on_the_answer() -> None:
    answered = does(given_to_the_county(), (AnswerMatter, BUREAU))
    county = hand(Role.COUNTY_OFFICE)
    for command in (Accept, ReturnMatter):
        assert refusal(made_of(answered, command, county)) == "assigned-by-another"
    own = does(given_to_the_county(by=county), (AnswerMatter, BUREAU))
    assert refusal(made_of(own, Accept, CITY)) == "assigned-by-another"
    assert does(own, (Accept, county)).state is AssignmentState.SETTLED


def test_whoever_answered_a_matter_does_not_find_the_answer_good() -> None:
    unit = "county_safety_committee"
    clerk, other = (msgspec.structs.replace(hand(Role.COUNTY_OFFICE, unit=unit), actor=each) for each in _clerks(unit))
    made = made_of(given_to_the_county(by=clerk), AnswerMatter, clerk)
    assert isinstance(made, Made)
    [accept] = [move for move in MOVES if move.command is Accept]
    history = [made.entry]
    assert refusal(accept.make(made.assignment, WORDS[Accept], clerk, history)) == "own-answer"
    assert isinstance(accept.make(made.assignment, WORDS[Accept], other, history), Made)


def _clerks(unit: str) -> list[Actor]:
    return [Actor(account=f"clerk-{each}", role=Role.COUNTY_OFFICE, unit=unit) for each in (1, 2)]


def test_a_countys_office_gives_matters_within_its_county_and_nobody_one_that_is_late_at_once() -> None:
    county = hand(Role.COUNTY_OFFICE)
    assert refusal(assign(GIVEN, "a-1", None, county, latest=LATEST)) == "assignment-outside-area"
    elsewhere = msgspec.structs.replace(new_hazard(), county="140521")
    assert refusal(assign(GIVEN, "a-1", elsewhere, county, latest=LATEST)) == "assignment-outside-area"
    yesterday = msgspec.structs.replace(GIVEN, due_on=june(1) - timedelta(days=1))
    assert refusal(assign(yesterday, "a-1", None, CITY, latest=LATEST)) == "answer-day-in-the-past"
    for_ever = msgspec.structs.replace(GIVEN, due_on=date(9999, 12, 31))
    assert refusal(assign(for_ever, "a-1", None, CITY, latest=LATEST)) == "answer-day-too-far"


def test_a_new_assignment_says_what_the_office_said_and_who_gave_it() -> None:
    command = msgspec.structs.replace(GIVEN, county="140502", sector="hazchem")
    for by, office in ((CITY, "safety_committee_office"), (hand(Role.COUNTY_OFFICE), "county_safety_committee")):
        made = assign(command, "a-1", None, by, latest=LATEST)
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
    of_hazard = assign(GIVEN, "a-1", new_hazard(), CITY, latest=LATEST)
    assert isinstance(of_hazard, Made)
    assert of_hazard.assignment.hazard_id == new_hazard().hazard_id


@pytest.mark.parametrize(
    ("command", "by", "field", "said"),
    [
        (GIVEN, hand(Role.COUNTY_OFFICE), "county", ""),
        (msgspec.structs.replace(GIVEN, due_on=date(2026, 5, 31)), CITY, "due_on", "2026-06-01"),
        (msgspec.structs.replace(GIVEN, due_on=date(2031, 6, 2)), CITY, "due_on", "2031-06-01"),
    ],
)
def test_what_is_wrong_with_a_new_assignment_is_named_with_the_day_that_holds(
    command: Assign, by: Hand, field: str, said: str
) -> None:
    refused = assign(command, "a-1", None, by, latest=LATEST)
    assert isinstance(refused, Refusal)
    assert refused.field == field
    assert said in f"{refused.message}{refused.rule}"
    assert "None" not in f"{refused.message}{refused.rule}"


def test_an_answer_is_due_on_its_very_day_and_given_until_the_latest() -> None:
    for due_on in (TODAY, LATEST):
        assert isinstance(assign(msgspec.structs.replace(GIVEN, due_on=due_on), "a-1", None, CITY, latest=LATEST), Made)


def test_a_matter_that_is_a_hazard_takes_its_county_and_sector_from_it() -> None:
    made = assign(GIVEN, "a-1", new_hazard(), CITY, latest=LATEST)
    assert isinstance(made, Made)
    assert (made.assignment.county, made.assignment.sector, made.assignment.hazard_number) == (
        "140502",
        "hazchem",
        "140502-2026-000001",
    )


@given(st.lists(st.tuples(st.sampled_from(sorted(WORDS, key=str)), st.integers(1, 28)), max_size=12))
def test_whatever_is_asked_the_history_counts_every_step_and_only_the_states_order_decides(
    asked: list[tuple[type[msgspec.Struct], int]],
) -> None:
    assignment, entries = given_to_the_county(), list[AssignmentEntry]()
    for command, day in asked:
        by = msgspec.structs.replace(BUREAU if command is AnswerMatter else CITY, today=june(day))
        made = made_of(assignment, command, by)
        owed = assignment.state is AssignmentState.OPEN
        settled = assignment.state is AssignmentState.SETTLED
        assert isinstance(made, Made) == (not settled and owed == (command is AnswerMatter))
        if isinstance(made, Made):
            assert made.assignment.version == assignment.version + 1 == made.entry.version
            assert made.assignment.late == (assignment.late or (command is AnswerMatter and june(day) > DUE))
            assignment = made.assignment
            entries.append(made.entry)
    assert [entry.version for entry in entries] == list(range(2, len(entries) + 2))
