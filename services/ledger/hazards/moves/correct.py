"""更正: before confirmation a report may be sent again with other content (promise P1), and what a tip was found to be put right."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardCorrected
from duban_contracts.events.types import HazardFacts, HazardState
from duban_contracts.refusals import refusal
from services.chassis.access.roles import INSPECTORS, INTEGRATORS, TOWNSHIP
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.escalate import TIERS
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp
from services.ledger.hazards.moves.report import Report


class Correct(Report, frozen=True, kw_only=True):
    """更正: the report as the county has it now."""


def _correct(hazard: Hazard, command: Correct, stamp: Stamp, after: HazardFacts) -> Decision:
    if hazard.sent_up_to is not None and hazard.township_code not in {None, command.township_code}:
        # Who sent it up reads on (P4.15, SY40); another township's it would be out of its sight.
        return refusal("township-sent-up", field="township", tier=TIERS[hazard.sent_up_to])
    return HazardCorrected(
        hazard=msgspec.structs.replace(
            after,
            channel=command.channel,
            sector=command.sector,
            township=command.township_code,
            enterprise_uscc=command.enterprise.uscc,
            doubts=command.doubts,
        ),
        actor=stamp.actor,
        occurred_at=stamp.at,
        enterprise=command.enterprise,
        place=command.place,
        description=command.description,
        found_on=command.found_on,
        suggested_grade=command.suggested_grade,
        township=command.township,
        reported_at=stamp.received_at,
    )


CORRECT: Final = Move(
    name="correct",
    zh="更正",
    summary="确认前更正上报内容",
    source="promise P1",
    command=Correct,
    leads={HazardState.REPORTED: HazardState.REPORTED},
    decide=_correct,
    # A township verifies tips (DOMAIN §10), and so puts right what it verified.
    roles=INTEGRATORS | INSPECTORS | TOWNSHIP,
    refusals=("township-sent-up",),
    doors=frozenset({Door.CLAIM}),
)
