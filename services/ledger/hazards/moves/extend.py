"""延期: an authorised person moves the deadline later, with the reason (DOMAIN §4); where somebody asked for it, another one.

What was asked for is a wish: the day that is set may be an earlier one. The event keeps the day before; clock and books follow
it, and no request.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardExtended
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import another_decides, later_deadline_holds


class Extend(msgspec.Struct, frozen=True, kw_only=True):
    """延期: a later deadline."""

    reason: LongText
    deadline_on: date


def _extend(hazard: Hazard, command: Extend, stamp: Stamp, after: HazardFacts) -> Decision:
    if refused := later_deadline_holds(hazard, command.deadline_on, stamp):
        return refused
    if hazard.extension_wanted_on is None and stamp.rules.extension.asked_for:
        return refusal("extension-not-requested")
    if refused := another_decides(hazard, stamp):
        return refused
    return HazardExtended(
        hazard=msgspec.structs.replace(after, deadline_on=command.deadline_on, overdue=False),
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        deadline_on=command.deadline_on,
        previous_deadline_on=hazard.deadline_on,
    )


EXTEND: Final = Move(
    name="extend",
    zh="延期",
    summary="延期",
    source="DOMAIN §4",
    command=Extend,
    leads={
        HazardState.CONFIRMED: HazardState.CONFIRMED,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
    },
    decide=_extend,
    roles=REGULATORS,
    major=CITY_REGULATORS,
    refusals=(
        "deadline-in-the-past",
        "deadline-too-far",
        "deadline-not-later",
        "extension-not-requested",
        "own-extension-request",
    ),
)
