"""提交上级: what a township or a county can't solve goes up after 二级会商, with its record (P4.15; DOMAIN §3 row 17).

It stands on the list of the county or the city from then on (`GET /v1/hazards?sent_up_to=city`); state, deadline and unit stay.
What the city has the city decides: a county's regulator may make no move there but those that an enterprise may make, too.
Scope doesn't change, so the township reads on.
"""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.consultation import HazardEscalated, Tier
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import TOWNSHIP, Role, holds
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp

OPEN: Final = (HazardState.REPORTED, HazardState.CONFIRMED, HazardState.RECTIFYING, HazardState.IN_REVIEW)
TIERS: Final = {Tier.COUNTY: "县级", Tier.CITY: "市级"}


class Escalate(msgspec.Struct, frozen=True, kw_only=True):
    """提交上级: it can't be solved below `to`; `reason` says why, and what was tried."""

    to: Tier
    reason: LongText


def _escalate(hazard: Hazard, command: Escalate, stamp: Stamp, after: HazardFacts) -> Decision:
    if command.to is hazard.sent_up_to or hazard.sent_up_to is Tier.CITY:
        return refusal("already-sent-up", field="to", tier=TIERS[hazard.sent_up_to])
    if command.to is Tier.COUNTY and not holds(stamp.actor, TOWNSHIP):
        # A county's own people are the county already.
        return refusal("already-sent-up", field="to", tier=TIERS[Tier.COUNTY])
    return HazardEscalated(hazard=after, actor=stamp.actor, occurred_at=stamp.at, to=command.to, reason=command.reason)


ESCALATE: Final = Move(
    name="escalate",
    zh="提交上级",
    summary="本级无法解决，经会商提交上级",
    source="DOMAIN §3 row 17, P4.15",
    command=Escalate,
    leads={state: state for state in OPEN},
    decide=_escalate,
    roles=TOWNSHIP | {Role.COUNTY_REGULATOR, Role.COUNTY_OFFICE},
    refusals=("already-sent-up",),
)
