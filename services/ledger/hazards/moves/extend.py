"""延期: an authorised person moves the deadline later, with the reason (DOMAIN §4)."""

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
from services.ledger.hazards.moves.rules import deadline_holds


class Extend(msgspec.Struct, frozen=True, kw_only=True):
    """延期: a later deadline."""

    reason: LongText
    deadline_on: date


def _extend(hazard: Hazard, command: Extend, stamp: Stamp, after: HazardFacts) -> Decision:
    if refused := deadline_holds(command.deadline_on, stamp):
        return refused
    if hazard.deadline_on is not None and command.deadline_on <= hazard.deadline_on:
        return refusal("deadline-not-later", field="deadline_on", current=hazard.deadline_on.isoformat())
    return HazardExtended(
        hazard=msgspec.structs.replace(after, deadline_on=command.deadline_on, overdue=False),
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        deadline_on=command.deadline_on,
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
    refusals=("deadline-in-the-past", "deadline-too-far", "deadline-not-later"),
)
