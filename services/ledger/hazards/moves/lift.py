"""解除挂牌: the authority that listed a hazard ends its supervision, and only then can it be closed (DOMAIN §3 row 11)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardDelisted
from duban_contracts.events.types import HazardFacts, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import OFFICES, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.authority import Authority, authority_of, name_of
from services.ledger.hazards.moves.list_hazard import LIST
from services.ledger.hazards.moves.move import Decision, Move, Stamp


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """解除挂牌: `conclusion` says what was found."""

    conclusion: LongText


def _lift(hazard: Hazard, command: Lift, stamp: Stamp, after: HazardFacts) -> Decision:
    listing = hazard.listing
    if listing is None:
        return refusal("not-listed")
    if authority_of(stamp.actor, hazard, listing.level) != Authority.that_listed(listing):
        return refusal("listed-by-another-authority", authority=name_of(listing))
    return HazardDelisted(
        hazard=msgspec.structs.replace(after, listing=None),
        actor=stamp.actor,
        occurred_at=stamp.at,
        listing=listing,
        conclusion=command.conclusion,
    )


LIFT: Final = Move(
    name="lift",
    zh="解除挂牌",
    summary="解除挂牌督办",
    source="DOMAIN §3 row 11",
    command=Lift,
    leads=LIST.leads,
    decide=_lift,
    # Who took over supervision goes on with it, also where the matter was sent up to the city since.
    ends_own=True,
    roles=OFFICES | REGULATORS,
    refusals=("not-listed", "listed-by-another-authority"),
)
