"""Who takes over supervision of a hazard (挂牌督办), and alone may lift it again (P6.9, S2.9, S4.8); who orders a stop.

An account speaks for the authority that it works for: a committee's office for the committee or, in a county, for its
government; a regulator for the own department. Accounts of one authority stand in for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from duban_contracts.events.types import Actor, Listing, ListingLevel, StopKind, StopOrder
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.vocabulary import LISTING_LEVELS, UNITS
from services.chassis.access.belonging import is_of_or_above
from services.chassis.access.roles import CITY_OFFICES, CITY_STAFF, OFFICES, REGULATORS, holds
from services.ledger.hazards.model import Hazard

_UNITS: Final[Mapping[ListingLevel, str]] = {
    ListingLevel.CITY: "safety_committee",
    ListingLevel.COUNTY: "county_safety_committee",
    ListingLevel.COUNTY_GOVERNMENT: "county_government",
}
_ORDERED: Final[Mapping[StopKind, str]] = {StopKind.PRODUCTION: "责令停产停业", StopKind.USE: "责令停止使用"}
# What a regulator's department is called where the account names none.
_SOME_DEPARTMENT: Final = "regulatory_departments"


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """Who lists: at which level, which unit, and of which county (None: of the city)."""

    level: ListingLevel
    unit: str
    county: str | None

    @classmethod
    def that_listed(cls, listing: Listing) -> Authority:
        """Return the authority of a listing."""
        return cls(level=listing.level, unit=listing.authority, county=listing.county)


def authority_of(actor: Actor, hazard: Hazard, level: ListingLevel | None = None) -> Authority | None:
    """Return for whom `actor` lists a hazard or lifts its listing at `level`; None where its role speaks for nobody there.

    The hazard lies in the actor's area, so a county's account speaks for the hazard's county.
    """
    levels = _levels(actor)
    level = level or next(iter(levels), None)
    if level is None or level not in levels:
        return None
    unit = _UNITS.get(level) or actor.unit or _SOME_DEPARTMENT
    return Authority(level=level, unit=unit, county=None if holds(actor, CITY_STAFF) else hazard.county)


def _levels(actor: Actor) -> tuple[ListingLevel, ...]:
    """Return the levels at which an account lists; the first where it names none."""
    if holds(actor, CITY_OFFICES):
        return (ListingLevel.CITY,)
    if holds(actor, OFFICES):
        return (ListingLevel.COUNTY, ListingLevel.COUNTY_GOVERNMENT)
    return (ListingLevel.DEPARTMENT,) if holds(actor, REGULATORS) else ()


def name_of(listing: Listing) -> str:
    """Return what an authority is called in a sentence."""
    unit = UNITS.get(listing.authority) if listing.level is ListingLevel.DEPARTMENT else None
    return unit.name if unit else LISTING_LEVELS.name(listing.level)


def no_listing_holds(hazard: Hazard, code: str = "listing-not-lifted") -> Refusal | None:
    """Refuse by `code` what ends a hazard's open life, or that it is major, while an authority supervises it (S2.5, S2.9)."""
    listing = hazard.listing
    if listing is None:
        return None
    return refusal(code, authority=name_of(listing), document=listing.document)


def who_ordered(order: StopOrder) -> str:
    """Return what the authority of a stop order is called in a sentence."""
    unit = UNITS.get(order.authority)
    return unit.name if unit else LISTING_LEVELS.name(ListingLevel.DEPARTMENT)


def what_is_ordered(order: StopOrder) -> str:
    """Return what a stop order is called in a sentence."""
    return _ORDERED[order.kind]


def no_stop_holds(hazard: Hazard) -> Refusal | None:
    """Refuse to end a hazard's open life while a stop order holds: what was stopped resumes first, after a review (S4 item 32)."""
    order = hazard.stopped
    if order is None:
        return None
    named = {"authority": who_ordered(order), "document": order.document, "order": what_is_ordered(order)}
    return refusal("stop-not-lifted", **named)


def may_resume(order: StopOrder, actor: Actor, hazard: Hazard) -> bool:
    """Return whether `actor` may lift a stop order: for the department that gave it, or for that one's superior in the city.

    An account of the city that names no unit is of the department that it works for, whichever that is.
    """
    own = authority_of(actor, hazard, ListingLevel.DEPARTMENT)
    if own is None:
        return False
    if (own.unit, own.county) == (order.authority, order.county):
        return True
    above = own.county is None and order.county is not None
    return above and is_of_or_above(actor.unit, order.authority)
