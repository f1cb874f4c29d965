"""The clock of a listing (挂牌督办): it counts as a hazard's does, by the listing's own deadline, from 挂牌 to 解除.

It pauses while a 整改完成 is reviewed and goes on when that comes back: an owner that handed in on time is not late for the
review. What becomes of the hazard's own deadline, 延期 or 更正期限, changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from uuid import UUID

from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.deadlines.fold import Happening, happening, move
from duban_contracts.deadlines.reckoning import Reckoning
from duban_contracts.events.hazards import (
    HazardDelisted,
    HazardEvent,
    HazardListed,
    HazardListingOverdue,
    HazardReturned,
    HazardSubmitted,
)
from duban_contracts.events.types import HazardState, Listing

# Constant for life: it makes the event id of every alarm about a listing.
NAMESPACE: Final = UUID("0d9c7f2e-3b0a-5c58-9f0e-64756261e00a")


def listing_of(event: HazardEvent) -> Listing | None:
    """Return the listing that an event begins, goes on under or ends; None for a hazard that is not listed."""
    return event.listing if isinstance(event, HazardDelisted) else event.hazard.listing


def advance(reckoning: Reckoning | None, event: HazardEvent, *, version: int, days: CityDays) -> Reckoning | None:
    """Return the reckoning of the listing of `event` after it, the hazard's event number `version`.

    None means that the listing is not known to have begun. An event that is not newer changes nothing.
    """
    listing = listing_of(event)
    if listing is None or (reckoning is not None and version <= reckoning.version):
        return reckoning
    for what in _happenings(event):
        reckoning = move(reckoning, listing.as_subject(event.hazard.hazard_id).id, what, days)
    return None if reckoning is None else replace(reckoning, version=version, grade=event.hazard.grade)


def _happenings(event: HazardEvent) -> Iterator[Happening]:
    """Yield what an event means to a listing's clock, in the words of the clock of a hazard."""
    match event:
        case HazardListed():
            yield Happening("confirmed", event.occurred_at, event.listing.deadline_on)
            if event.hazard.state is HazardState.IN_REVIEW:
                yield Happening("submitted", event.occurred_at)
        case HazardDelisted():
            yield Happening("closed", event.occurred_at)
        case HazardListingOverdue():
            yield Happening("overdue", event.occurred_at, event.deadline_on)
        case HazardSubmitted() | HazardReturned():
            yield happening(event)
