"""整改评估: what came of the measures, found by another account than closed the case (P1 item 7, P2 item 7, P4 item 31)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.accidents import AccidentEvaluated, AccidentState
from duban_contracts.events.types import LongText
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.roles import OFFICES, REGULATORS
from services.ledger.accidents.model import Accident
from services.ledger.accidents.moves.move import Made, Move, step
from services.ledger.hazards.model.hand import Hand


class EvaluateAccident(msgspec.Struct, frozen=True, kw_only=True):
    """评估: what was found of responsibility, measures and warnings."""

    conclusion: LongText


def _evaluate(accident: Accident, command: EvaluateAccident, by: Hand, _: Rules) -> Made | Refusal:
    if by.actor.account in {accident.closed_by, *(each.done_by for each in accident.measures)}:
        return refusal("own-accident")
    if accident.open_measures:
        return refusal("accident-measures-open", count=accident.open_measures)
    return step(
        accident,
        EVALUATE.name,
        command.conclusion,
        by,
        lambda facts: AccidentEvaluated(**facts, conclusion=command.conclusion),
        state=AccidentState.EVALUATED,
    )


EVALUATE: Final = Move(
    name="evaluate",
    zh="评估",
    summary="事故整改评估",
    command=EvaluateAccident,
    roles=REGULATORS | OFFICES,
    states=frozenset({AccidentState.CLOSED}),
    decide=_evaluate,
    refusals=("own-accident", "accident-measures-open"),
    graded=True,
)
