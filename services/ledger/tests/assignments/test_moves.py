"""交办: who answers, who finds it good, what is owed past its day, and what is withdrawn. Rules on values."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.types import Actor
from duban_contracts.testing.calendar import june
from services.chassis.access.roles import Role
from services.ledger.assignments.model import AssignmentEntry, AssignmentState
from services.ledger.assignments.moves import (
    MOVES,
    Accept,
    AnswerMatter,
    Made,
    ReturnMatter,
    WithdrawMatter,
)
from services.ledger.tests.assignments.saying import (
    BUREAU,
    CITY,
    DUE,
    WORDS,
    does,
    given_to_the_county,
    hand,
    made_of,
    refusal,
)


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


def test_what_was_withdrawn_is_owed_no_more_and_only_its_giver_withdraws_what_is_not_answered() -> None:
    owed = given_to_the_county()
    withdrawn = does(owed, (WithdrawMatter, CITY))
    assert withdrawn.days_late(june(30)) == 0
    for command, by in ((AnswerMatter, BUREAU), (Accept, CITY), (ReturnMatter, CITY), (WithdrawMatter, CITY)):
        assert refusal(made_of(withdrawn, command, by)) == "assignment-state-conflict"
    assert refusal(made_of(owed, WithdrawMatter, hand(Role.COUNTY_OFFICE))) == "assigned-by-another"
    assert refusal(made_of(does(owed, (AnswerMatter, BUREAU)), WithdrawMatter, CITY)) == "assignment-state-conflict"


@given(st.lists(st.tuples(st.sampled_from(sorted(WORDS, key=str)), st.integers(1, 28)), max_size=12))
def test_whatever_is_asked_the_history_counts_every_step_and_only_the_states_order_decides(
    asked: list[tuple[type[msgspec.Struct], int]],
) -> None:
    assignment, entries = given_to_the_county(), list[AssignmentEntry]()
    for command, day in asked:
        by = msgspec.structs.replace(BUREAU if command is AnswerMatter else CITY, today=june(day))
        made = made_of(assignment, command, by)
        owed = assignment.state is AssignmentState.OPEN
        ended = assignment.state in {AssignmentState.SETTLED, AssignmentState.WITHDRAWN}
        while_owed = issubclass(command, AnswerMatter | WithdrawMatter)
        assert isinstance(made, Made) == (not ended and owed == while_owed)
        if isinstance(made, Made):
            assert made.assignment.version == assignment.version + 1 == made.entry.version
            assert made.assignment.late == (assignment.late or (command is AnswerMatter and june(day) > DUE))
            assignment = made.assignment
            entries.append(made.entry)
    assert [entry.version for entry in entries] == list(range(2, len(entries) + 2))


def test_what_was_answered_in_time_and_sent_back_after_its_day_is_not_late() -> None:
    in_time, after = hand(Role.COUNTY_REGULATOR, june(9), unit="emergency_management"), june(12)
    again = hand(Role.COUNTY_REGULATOR, after, unit="emergency_management")
    sent_back = hand(Role.CITY_OFFICE, after, county=None)
    answered = does(given_to_the_county(), (AnswerMatter, in_time), (ReturnMatter, sent_back), (AnswerMatter, again))
    assert not answered.late
    assert does(given_to_the_county(), (AnswerMatter, again)).late
