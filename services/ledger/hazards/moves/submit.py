"""整改完成: it is mended and goes to review (DOMAIN §3 rows 8 and 10)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.hazards import HazardSubmitted
from duban_contracts.events.types import Evidence, HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import ENTERPRISE, REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp
from services.ledger.hazards.moves.rules import list_is_whole


class Submit(msgspec.Struct, frozen=True, kw_only=True):
    """整改完成: it is mended. It counts from when it reached our door, not from when it could be applied (P3)."""

    measures: LongText
    completed_on: date
    evidence: Annotated[tuple[Evidence, ...], Meta(max_length=100)] = ()


def _submit(hazard: Hazard, command: Submit, stamp: Stamp, after: HazardFacts) -> Decision:
    # Row 8: only a general hazard may be mended on the spot.
    if not list_is_whole(hazard, hazard.grade, stamp.rules):
        return refusal("plan-required", move=SUBMIT.zh)
    if command.completed_on > stamp.today:
        return refusal(
            "completed-in-future", field="completed_on", today=stamp.today.isoformat(), zone=stamp.rules.zone.name
        )
    if command.completed_on < hazard.found_on:
        return refusal("completed-before-found", field="completed_on", found=hazard.found_on.isoformat())
    return HazardSubmitted(
        hazard=after,
        actor=stamp.actor,
        occurred_at=stamp.at,
        submitted_at=stamp.received_at,
        measures=command.measures,
        completed_on=command.completed_on,
        evidence=command.evidence,
    )


SUBMIT: Final = Move(
    name="submit",
    zh="提交整改完成",
    summary="提交整改完成，进入审核",
    source="DOMAIN §3 rows 8 and 10",
    command=Submit,
    leads={
        HazardState.CONFIRMED: HazardState.IN_REVIEW,
        HazardState.RECTIFYING: HazardState.IN_REVIEW,
    },
    decide=_submit,
    roles=REGULATORS | ENTERPRISE,
    refusals=("plan-required", "completed-in-future", "completed-before-found"),
    doors=frozenset({Door.HTTP, Door.CLAIM}),
)
