"""不予认定: the report is no hazard (DOMAIN §3 row 5)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardRejected
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from services.chassis.access.roles import REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """不予认定: the report is no hazard."""

    reason: LongText


def _reject(_: Hazard, command: Reject, stamp: Stamp, after: HazardFacts) -> Decision:
    return HazardRejected(hazard=after, actor=stamp.actor, occurred_at=stamp.at, reason=command.reason)


REJECT: Final = Move(
    name="reject",
    zh="不予认定",
    summary="不予认定",
    source="DOMAIN §3 row 5",
    command=Reject,
    leads={HazardState.REPORTED: HazardState.REJECTED},
    decide=_reject,
    roles=REGULATORS,
)
