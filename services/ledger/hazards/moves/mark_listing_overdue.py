"""挂牌逾期: the scheduler raised 督办逾期 of a listing, and the listing is marked, unless that is stale (row 13, promise P3)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardListingOverdue
from duban_contracts.events.types import HazardFacts, HazardState
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.list_hazard import LIST
from services.ledger.hazards.moves.mark_overdue import SYSTEM
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp


class MarkListingOverdue(msgspec.Struct, frozen=True, kw_only=True):
    """挂牌逾期: the scheduler raised 督办逾期 of listing `number`, whose time passed at `due_at` (UTC, after pauses)."""

    number: int
    due_at: datetime


def _mark(hazard: Hazard, command: MarkListingOverdue, stamp: Stamp, after: HazardFacts) -> Decision:
    """Note it unless it is stale: that listing was lifted, it is noted, or 整改完成 came in time and waits for review."""
    listing = hazard.listing
    in_time = hazard.submitted_at is not None and hazard.submitted_at <= command.due_at
    answered = hazard.state is HazardState.IN_REVIEW and in_time
    if listing is None or listing.number != command.number or listing.overdue or answered:
        return MARK_LISTING_OVERDUE.conflict(hazard)
    return HazardListingOverdue(
        hazard=msgspec.structs.replace(after, listing=msgspec.structs.replace(listing, overdue=True)),
        actor=stamp.actor,
        occurred_at=stamp.at,
        deadline_on=listing.deadline_on,
    )


MARK_LISTING_OVERDUE: Final = Move(
    name="mark_listing_overdue",
    zh="标记挂牌逾期",
    summary="挂牌督办逾期，标记",
    source="DOMAIN §3 row 13",
    command=MarkListingOverdue,
    leads=LIST.leads,
    decide=_mark,
    roles=frozenset({SYSTEM}),
    doors=frozenset({Door.SYSTEM}),
)
