"""整改方案: how it will be mended and which post answers for it (DOMAIN §3 row 7)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardPlanned
from duban_contracts.events.types import HazardFacts, HazardState, LongText, ShortText
from services.chassis.access.roles import ENTERPRISE, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """整改方案: how it will be mended and which post answers for it."""

    measures: LongText
    responsible_post: ShortText


def _plan(_: Hazard, command: Plan, stamp: Stamp, after: HazardFacts) -> Decision:
    return HazardPlanned(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        measures=command.measures,
        responsible_post=command.responsible_post,
    )


PLAN: Final = Move(
    name="plan",
    zh="报送整改方案",
    summary="报送整改方案",
    source="DOMAIN §3 row 7",
    command=Plan,
    leads={
        HazardState.CONFIRMED: HazardState.RECTIFYING,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
    },
    decide=_plan,
    roles=REGULATORS | ENTERPRISE,
    doors=frozenset({Door.HTTP, Door.CLAIM}),
)
