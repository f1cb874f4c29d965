"""结案: the investigation's report is approved. From then on the accident has a look-back date (条例 articles 30 and 32)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from duban_contracts.events.accidents import AccidentClosed, AccidentState
from duban_contracts.events.types import DocumentNumber, LongText
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.roles import REGULATORS
from services.ledger.accidents.model import Accident
from services.ledger.accidents.moves.move import Made, Move, step
from services.ledger.hazards.model.hand import Hand


class CloseAccident(msgspec.Struct, frozen=True, kw_only=True):
    """结案: by which document the report was approved, and what it came to."""

    document: DocumentNumber
    conclusion: LongText


def _close(accident: Accident, command: CloseAccident, by: Hand, rules: Rules) -> Made | Refusal:
    # A report always holds 防范和整改措施 (条例 article 30); without any nothing could be looked back on.
    if not accident.measures:
        return refusal("accident-without-measures")
    return step(
        accident,
        CLOSE.name,
        command.conclusion,
        by,
        lambda facts: AccidentClosed(**facts, document=command.document, conclusion=command.conclusion),
        state=AccidentState.CLOSED,
        document=command.document,
        closed_by=by.actor.account,
        look_back_on=by.today + timedelta(days=rules.accidents.look_back_days),
    )


CLOSE: Final = Move(
    name="close",
    zh="结案",
    summary="事故结案",
    command=CloseAccident,
    roles=REGULATORS,
    states=frozenset({AccidentState.INVESTIGATED}),
    decide=_close,
    refusals=("accident-without-measures",),
    graded=True,
)
