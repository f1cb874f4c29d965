"""整改方案: how it will be mended and which post answers for it (DOMAIN §3 row 7)."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardPlanned
from duban_contracts.events.types import Grade, HazardFacts, HazardState, LongText, ShortText, Yuan
from duban_contracts.field_names import FIELD_NAMES_ZH
from duban_contracts.refusals import refusal
from services.chassis.access.roles import ENTERPRISE, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """整改方案: how it will be mended, which post answers for it, what it costs, and what is done if it goes wrong.

    Responsible unit and deadline stand since the confirmation. With all six it is an entry of the 整改清单.
    """

    measures: LongText
    responsible_post: ShortText
    funds_yuan: Yuan | None = None
    contingency: LongText | None = None


def _plan(hazard: Hazard, command: Plan, stamp: Stamp, after: HazardFacts) -> Decision:
    demanded = stamp.rules.planning.major if hazard.grade is Grade.MAJOR else ()
    if lacking := [name for name in demanded if getattr(command, name) is None]:
        named = "、".join(FIELD_NAMES_ZH[name] for name in lacking)
        return refusal("plan-incomplete", field=lacking[0], lacking=named, rule=f"must say {', '.join(lacking)}")
    return HazardPlanned(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        measures=command.measures,
        responsible_post=command.responsible_post,
        funds_yuan=command.funds_yuan,
        contingency=command.contingency,
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
    refusals=("plan-incomplete",),
    doors=frozenset({Door.HTTP, Door.CLAIM}),
)
