"""不同意延期: a regulator who didn't ask for it refuses a later last day; the present one stays (DOMAIN §4)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardExtensionRefused
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import another_decides


class RefuseExtension(msgspec.Struct, frozen=True, kw_only=True):
    """不同意延期: why the deadline stays."""

    reason: LongText


def _refuse_extension(hazard: Hazard, command: RefuseExtension, stamp: Stamp, after: HazardFacts) -> Decision:
    if hazard.extension_wanted_on is None:
        return refusal("extension-not-requested")
    if refused := another_decides(hazard, stamp):
        return refused
    return HazardExtensionRefused(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        deadline_on=hazard.extension_wanted_on,
    )


REFUSE_EXTENSION: Final = Move(
    name="refuse-extension",
    zh="不同意延期",
    summary="不同意延期",
    source="DOMAIN §4",
    command=RefuseExtension,
    leads={
        HazardState.CONFIRMED: HazardState.CONFIRMED,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
    },
    decide=_refuse_extension,
    roles=REGULATORS,
    major=CITY_REGULATORS,
    refusals=("extension-not-requested", "own-extension-request"),
)
