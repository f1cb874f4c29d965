"""确认: the report is a hazard of this grade; a unit answers for it until a deadline (DOMAIN §3 row 4)."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardConfirmed
from duban_contracts.events.types import Grade, HazardFacts, HazardState, ShortText, Unit
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.vocabulary import UNITS
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import CLAUSES, TWO_LEVELS, cited, deadline_holds, levels_hold


class Confirm(msgspec.Struct, frozen=True, kw_only=True):
    """确认: the report is a hazard of this grade; this unit answers for it until the end of `deadline_on`."""

    grade: Grade
    responsible_unit: Unit
    deadline_on: date
    criterion: ShortText | None = None


def _confirm(hazard: Hazard, command: Confirm, stamp: Stamp, after: HazardFacts) -> Decision:
    if command.responsible_unit not in UNITS:
        return refusal("unknown-term", field="responsible_unit", title=UNITS.title, vocabulary="units")
    if refused := deadline_holds(command.deadline_on, stamp):
        return refused
    if refused := levels_hold(hazard, command.grade, stamp, CONFIRM.zh):
        return refused
    clause = cited(command.criterion, command.grade, stamp, CONFIRM.zh)
    if isinstance(clause, Refusal):
        return clause
    return HazardConfirmed(
        hazard=msgspec.structs.replace(
            after,
            grade=command.grade,
            responsible_unit=command.responsible_unit,
            deadline_on=command.deadline_on,
        ),
        actor=stamp.actor,
        occurred_at=stamp.at,
        grade=command.grade,
        responsible_unit=command.responsible_unit,
        deadline_on=command.deadline_on,
        **clause._asdict(),
    )


CONFIRM: Final = Move(
    name="confirm",
    zh="确认",
    summary="确认：定级、定责任单位、定期限",
    source="DOMAIN §3 row 4",
    command=Confirm,
    leads={HazardState.REPORTED: HazardState.CONFIRMED},
    decide=_confirm,
    roles=REGULATORS,
    major=CITY_REGULATORS,
    # Nothing is graded before it is confirmed; what counts is the grade that it shall have.
    grade=lambda _, command: command.grade,
    cites=True,
    refusals=("unknown-term", "deadline-in-the-past", "deadline-too-far", *TWO_LEVELS, *CLAUSES),
)
