"""销号: a regulator who isn't the submitter checked it and strikes the entry off (S2.5, S2.9, S4.24; DOMAIN §3 row 11)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardClosed
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.authority import no_listing_holds
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import another_reviews


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """销号: the reviewer checked it; `review` says how."""

    review: LongText


def _close(hazard: Hazard, command: Close, stamp: Stamp, after: HazardFacts) -> Decision:
    if refused := another_reviews(hazard, stamp) or no_listing_holds(hazard):
        return refused
    return HazardClosed(hazard=after, actor=stamp.actor, occurred_at=stamp.at, review=command.review)


CLOSE: Final = Move(
    name="close",
    zh="销号",
    summary="审核通过，销号",
    source="DOMAIN §3 row 11",
    command=Close,
    leads={HazardState.IN_REVIEW: HazardState.CLOSED},
    decide=_close,
    roles=REGULATORS,
    major=CITY_REGULATORS,
    refusals=("submitter-may-not-review", "listing-not-lifted"),
)
