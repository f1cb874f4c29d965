"""准予恢复: what was stopped may go on, after who ordered it, or the authority above, reviewed what was mended.

《安全生产法》 article 65: 重大事故隐患排除后，经审查同意，方可恢复. So 整改完成 was handed in, and another reviews it than handed it in.
That is for the department that ordered it, or for its superior in the city.
"""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.stops import EnterpriseResumed
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.authority import may_resume, who_ordered
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import another_reviews


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    """准予恢复: `review` says what was found."""

    review: LongText


def _resume(hazard: Hazard, command: Resume, stamp: Stamp, after: HazardFacts) -> Decision:
    order = hazard.stopped
    if order is None:
        return refusal("not-stopped")
    if not may_resume(order, stamp.actor, hazard):
        return refusal("stopped-by-another-authority", authority=who_ordered(order))
    if refused := another_reviews(hazard, stamp, RESUME.zh):
        return refused
    return EnterpriseResumed(
        hazard=msgspec.structs.replace(after, stopped=None),
        actor=stamp.actor,
        occurred_at=stamp.at,
        order=order,
        review=command.review,
    )


RESUME: Final = Move(
    name="resume",
    zh="准予恢复",
    summary="审查合格，准予恢复生产经营或使用",
    source="DOMAIN §3 row 14",
    command=Resume,
    leads={HazardState.IN_REVIEW: HazardState.IN_REVIEW},
    decide=_resume,
    roles=REGULATORS,
    refusals=("not-stopped", "stopped-by-another-authority", "submitter-may-not-review"),
)
