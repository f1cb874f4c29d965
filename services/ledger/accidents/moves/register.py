"""事故登记 and its correction: what happened, in facts and counts (条例 articles 3, 9 and 13)."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.accidents import (
    AccidentCorrected,
    AccidentGrade,
    AccidentRegistered,
    AccidentState,
    Harmed,
)
from duban_contracts.events.types import CountyCode, Enterprise, LongText, Sector, ShortText
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.belonging import is_of_or_above
from services.chassis.access.roles import CITY_STAFF, REGULATORS, holds
from services.ledger.accidents.model import GRADES, Accident, is_at_least, least_grade
from services.ledger.accidents.moves.move import Made, Move, step
from services.ledger.hazards.model.hand import Hand

ROLES: Final = REGULATORS


class RegisterAccident(msgspec.Struct, frozen=True, kw_only=True):
    """事故登记. `serious_injuries` counts 重伤; `course` (事故经过) says in short what happened and names nobody."""

    county: CountyCode
    sector: Sector
    enterprise: Enterprise
    place: ShortText
    happened_on: date
    grade: AccidentGrade
    deaths: Harmed
    serious_injuries: Harmed
    course: LongText


class CorrectAccident(msgspec.Struct, frozen=True, kw_only=True):
    """事故更正: grade and counts as they turned out, and why."""

    grade: AccidentGrade
    deaths: Harmed
    serious_injuries: Harmed
    finding: LongText


def register_accident(
    command: RegisterAccident, accident_id: str, number: str, by: Hand, rules: Rules
) -> Made | Refusal:
    """Return a new accident, or why it is refused. A county registers what happened in it."""
    if not is_of_or_above(by.county, command.county):
        return refusal("accident-outside-area", field="county")
    if command.happened_on > by.today:
        return refusal("accident-day-in-future", field="happened_on", today=by.today.isoformat())
    if command.happened_on < rules.bounds.earliest:
        return refusal("accident-day-too-early", field="happened_on", earliest=rules.bounds.earliest.isoformat())
    if refused := _grade_holds(command):
        return refused
    said = {name: getattr(command, name) for name in RegisterAccident.__struct_fields__}
    new = Accident(accident_id=accident_id, number=number, **said)
    return step(new, "register", command.course, by, lambda facts: AccidentRegistered(**facts, course=command.course))


def _correct(accident: Accident, command: CorrectAccident, by: Hand, _: Rules) -> Made | Refusal:
    if not is_at_least(command.grade, accident.grade) and not holds(by.actor, CITY_STAFF):
        # Only what is graver than 一般 can become less grave: its county would close it itself afterwards.
        return refusal("accident-city-decides", field="grade", move=CORRECT.zh)
    if refused := _grade_holds(command):
        return refused
    return step(
        accident,
        CORRECT.name,
        command.finding,
        by,
        lambda facts: AccidentCorrected(**facts, finding=command.finding),
        grade=command.grade,
        deaths=command.deaths,
        serious_injuries=command.serious_injuries,
    )


def _grade_holds(command: RegisterAccident | CorrectAccident) -> Refusal | None:
    least = least_grade(command.deaths, command.serious_injuries)
    if is_at_least(command.grade, least):
        return None
    return refusal("accident-grade-too-low", field="grade", least=GRADES[least])


CORRECT: Final = Move(
    name="correct",
    zh="更正",
    summary="更正事故等级和伤亡人数",
    command=CorrectAccident,
    roles=REGULATORS,
    states=frozenset({AccidentState.INVESTIGATED}),
    decide=_correct,
    refusals=("accident-grade-too-low", "accident-city-decides"),
)
