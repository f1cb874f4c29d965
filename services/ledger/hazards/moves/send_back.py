"""退回: the reviewer found the rectification wanting (DOMAIN §3 row 12)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardReturned
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from services.chassis.access.roles import REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import another_reviews


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """退回: the reviewer found it wanting."""

    reason: LongText


def _return(hazard: Hazard, command: Return, stamp: Stamp, after: HazardFacts) -> Decision:
    if refused := another_reviews(hazard, stamp, RETURN.zh):
        return refused
    return HazardReturned(hazard=after, actor=stamp.actor, occurred_at=stamp.at, reason=command.reason)


RETURN: Final = Move(
    name="return",
    zh="退回",
    summary="退回整改",
    source="DOMAIN §3 row 12",
    command=Return,
    leads={HazardState.IN_REVIEW: HazardState.RECTIFYING},
    decide=_return,
    # Returning a major hazard's submission is review, which a county regulator may do (DOMAIN §10).
    roles=REGULATORS,
    refusals=("submitter-may-not-review",),
)
