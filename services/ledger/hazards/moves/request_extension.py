"""申请延期: whoever mends it asks for a later last day, over HTTP or by its county's event (DOMAIN §4).

One request waits at a time, and its wish stands at the hazard (`extension_wanted_on`) while the deadline holds.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardExtensionRequested
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import ENTERPRISE, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp
from services.ledger.hazards.moves.rules import later_deadline_holds


class RequestExtension(msgspec.Struct, frozen=True, kw_only=True):
    """申请延期: the later last day that is asked for, and why."""

    reason: LongText
    deadline_on: date


def _request_extension(hazard: Hazard, command: RequestExtension, stamp: Stamp, after: HazardFacts) -> Decision:
    if refused := later_deadline_holds(hazard, command.deadline_on, stamp):
        return refused
    if hazard.extension_wanted_on is not None:
        return refusal("extension-pending", wanted=hazard.extension_wanted_on.isoformat())
    return HazardExtensionRequested(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        deadline_on=command.deadline_on,
    )


REQUEST_EXTENSION: Final = Move(
    name="request-extension",
    zh="申请延期",
    summary="申请延期",
    source="DOMAIN §4",
    command=RequestExtension,
    leads={
        HazardState.CONFIRMED: HazardState.CONFIRMED,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
    },
    decide=_request_extension,
    roles=REGULATORS | ENTERPRISE,
    refusals=("deadline-in-the-past", "deadline-too-far", "deadline-not-later", "extension-pending"),
    doors=frozenset({Door.HTTP, Door.CLAIM}),
)
