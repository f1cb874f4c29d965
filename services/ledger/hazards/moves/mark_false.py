"""认定虚假整改: the entry had been struck off though nothing was mended; it is reopened, and somebody answers for it (S4.23).

That the rate falls at once follows from the reopening; the case of accountability is another slice's.
"""

from __future__ import annotations

from typing import Final

from duban_contracts.events.types import HazardFacts, HazardState
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS, SUPERVISORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.reopen import Reopen, reopened


class MarkFalse(Reopen, frozen=True, kw_only=True):
    """认定虚假整改: what shows that it was never mended, and the new last day."""


def _mark_false(_: Hazard, command: MarkFalse, stamp: Stamp, after: HazardFacts) -> Decision:
    return reopened(command, stamp, after, false_rectification=True)


MARK_FALSE: Final = Move(
    name="mark-false",
    zh="认定虚假整改",
    summary="认定虚假整改：重新整改，并立案倒查责任",
    source="DOMAIN §3 row 16",
    command=MarkFalse,
    leads={HazardState.CLOSED: HazardState.RECTIFYING},
    decide=_mark_false,
    roles=REGULATORS | SUPERVISORS,
    major=CITY_REGULATORS | SUPERVISORS,
    refusals=("deadline-in-the-past", "deadline-too-far"),
)
