"""挂牌督办: an authority takes over supervision of a major hazard, with its own document and deadline (DOMAIN §3 row 9).

Who acts says for whom: the city's or a county's committee (its office enters it), a department (its regulator), or a county's
government for a fire hazard. The document is that authority's own and shows its approval. The hazard goes on as before and can't
be closed until an account of that same authority lifts the listing; the constraint `hazard_listed_while_open` holds it in the
database, too; nor is it regraded to `general` before that (`listed-stays-major`). The scheduler keeps the listing's own clock,
which pauses during review, and says 督办逾期 of it once; then `listing.overdue` is true, whatever the hazard's own deadline.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardListed
from duban_contracts.events.types import DocumentNumber, Grade, HazardFacts, HazardState, Listing, ListingLevel
from duban_contracts.refusals import Refusal, refusal
from duban_contracts.vocabulary import LISTING_LEVELS
from services.chassis.access.roles import OFFICES, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.authority import authority_of, name_of
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import deadline_holds

_FIRE: Final = "fire_safety"


class ListHazard(msgspec.Struct, frozen=True, kw_only=True):
    """挂牌督办: by `document`, until the end of `deadline_on`. Without `level` in the name of whom the account acts for."""

    document: DocumentNumber
    deadline_on: date
    level: ListingLevel | None = None


def _list(hazard: Hazard, command: ListHazard, stamp: Stamp, after: HazardFacts) -> Decision:
    authority = authority_of(stamp.actor, hazard, command.level)
    if authority is None:
        level = LISTING_LEVELS.name(command.level) if command.level else ""
        return refusal("listing-level-not-allowed", field="level", level=level)
    if refused := _may_be_listed(hazard, authority.level) or deadline_holds(command.deadline_on, stamp):
        return refused
    listing = Listing(
        number=hazard.listing_count + 1,
        level=authority.level,
        authority=authority.unit,
        county=authority.county,
        document=command.document,
        deadline_on=command.deadline_on,
    )
    return HazardListed(
        hazard=msgspec.structs.replace(after, listing=listing),
        actor=stamp.actor,
        occurred_at=stamp.at,
        listing=listing,
    )


def _may_be_listed(hazard: Hazard, level: ListingLevel) -> Refusal | None:
    if hazard.listing is not None:
        return refusal("already-listed", authority=name_of(hazard.listing), document=hazard.listing.document)
    if hazard.grade is not Grade.MAJOR:
        return refusal("listing-needs-major", field="grade")
    # 重大火灾隐患由政府挂牌督办 (S2 item 9): nothing says that a government lists anything else.
    if level is ListingLevel.COUNTY_GOVERNMENT and hazard.sector != _FIRE:
        return refusal("listing-level-for-fire", field="level")
    return None


LIST: Final = Move(
    name="list",
    zh="挂牌督办",
    summary="挂牌督办",
    source="DOMAIN §3 row 9",
    command=ListHazard,
    leads={
        HazardState.CONFIRMED: HazardState.CONFIRMED,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
        HazardState.IN_REVIEW: HazardState.IN_REVIEW,
    },
    decide=_list,
    roles=OFFICES | REGULATORS,
    refusals=(
        "listing-level-not-allowed",
        "already-listed",
        "listing-needs-major",
        "listing-level-for-fire",
        "deadline-in-the-past",
        "deadline-too-far",
    ),
)
