"""Who gives, answers and decides on assigned matters in the tests of their rules."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from duban_contracts.events.types import Actor
from duban_contracts.refusals import Refusal
from duban_contracts.testing.calendar import june, local
from services.chassis.access.roles import Role
from services.ledger.assignments.model import Assignment
from services.ledger.assignments.moves import (
    MOVES,
    Accept,
    AnswerMatter,
    Assign,
    Made,
    ReturnMatter,
    WithdrawMatter,
    assign,
)
from services.ledger.hazards.model.hand import Hand

TODAY, DUE, LATEST = june(1), june(10), date(2031, 6, 1)
GIVEN = Assign(
    document="晋市安委办交〔2026〕5号", matter="三家加油站动火未审批", unit="emergency_management", due_on=DUE
)
COUNTIES = frozenset({"140502", "140521"})
WORDS: dict[type[msgspec.Struct], msgspec.Struct] = {
    AnswerMatter: AnswerMatter(answer="已整改"),
    Accept: Accept(remark="同意办结"),
    ReturnMatter: ReturnMatter(reason="缺少复查记录"),
    WithdrawMatter: WithdrawMatter(reason="该单位无此职责，另行交办"),
}


def hand(role: Role, day: date = TODAY, *, county: str | None = "140502", unit: str | None = None) -> Hand:
    return Hand(actor=Actor(account=f"{role}-1", role=role, unit=unit), county=county, at=local(day.day, 9), today=day)


CITY = hand(Role.CITY_OFFICE, county=None)
BUREAU = hand(Role.COUNTY_REGULATOR, unit="emergency_management")


def given_to_the_county(command: Assign = GIVEN, by: Hand = CITY) -> Assignment:
    made = assign(msgspec.structs.replace(command, county="140502"), "a-1", None, by, latest=LATEST, counties=COUNTIES)
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
