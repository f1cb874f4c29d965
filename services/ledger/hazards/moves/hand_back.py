"""交回办理: the level above has consulted and hands the matter back, with how it is to be solved (P4.15)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.consultation import HazardHandedBack, Tier
from duban_contracts.events.types import HazardFacts, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import CITY_OFFICES, CITY_REGULATORS, OFFICES, REGULATORS, holds
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.escalate import OPEN
from services.ledger.hazards.moves.move import Decision, Move, Stamp


class HandBack(msgspec.Struct, frozen=True, kw_only=True):
    """交回办理: `conclusion` says what the consultation came to."""

    conclusion: LongText


def _hand_back(hazard: Hazard, command: HandBack, stamp: Stamp, after: HazardFacts) -> Decision:
    if hazard.sent_up_to is None:
        return refusal("not-sent-up")
    if hazard.sent_up_to is Tier.CITY and not holds(stamp.actor, CITY_REGULATORS | CITY_OFFICES):
        return refusal("handled-by-city", move=HAND_BACK.zh)
    return HazardHandedBack(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        tier=hazard.sent_up_to,
        conclusion=command.conclusion,
    )


HAND_BACK: Final = Move(
    name="hand-back",
    zh="交回办理",
    summary="会商后交回下级办理",
    source="P4.15",
    command=HandBack,
    leads={state: state for state in OPEN},
    decide=_hand_back,
    roles=REGULATORS | OFFICES,
    refusals=("not-sent-up", "handled-by-city"),
)
