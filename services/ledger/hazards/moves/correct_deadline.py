"""更正期限: the deadline had been entered wrongly, and the city sets it right (DOMAIN §4: the deadline belongs to the hazard).

No 延期: that gives more time, and the deadline before it stays what it was. What was wrong may also be set earlier, and
what was said about it no longer holds. Who asked for an extension doesn't give it by this way; what another asked for goes on
waiting where it is still later.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardDeadlineCorrected
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import CITY_REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import another_decides, deadline_holds


class CorrectDeadline(msgspec.Struct, frozen=True, kw_only=True):
    """更正期限: the right last day in the place of a wrong one, earlier or later."""

    reason: LongText
    deadline_on: date


def _correct_deadline(hazard: Hazard, command: CorrectDeadline, stamp: Stamp, after: HazardFacts) -> Decision:
    if hazard.deadline_on is None:
        return CORRECT_DEADLINE.conflict(hazard)
    # Nobody can keep a deadline that is over: the earliest right day is today, however wrong the other was.
    if refused := deadline_holds(command.deadline_on, stamp):
        return refused
    if command.deadline_on == hazard.deadline_on:
        return refusal("same-deadline", field="deadline_on", current=hazard.deadline_on.isoformat())
    if refused := another_decides(hazard, stamp):
        return refused
    return HazardDeadlineCorrected(
        hazard=msgspec.structs.replace(after, deadline_on=command.deadline_on, overdue=False),
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        deadline_on=command.deadline_on,
        previous_deadline_on=hazard.deadline_on,
    )


CORRECT_DEADLINE: Final = Move(
    name="correct-deadline",
    zh="更正期限",
    summary="更正录入有误的整改期限，可提前也可推后",
    source="DOMAIN §4",
    command=CorrectDeadline,
    leads={
        HazardState.CONFIRMED: HazardState.CONFIRMED,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
        # A submission that waits for review doesn't make a wrong day right.
        HazardState.IN_REVIEW: HazardState.IN_REVIEW,
    },
    decide=_correct_deadline,
    roles=CITY_REGULATORS,
    refusals=("deadline-in-the-past", "deadline-too-far", "same-deadline", "own-extension-request"),
)
