"""调级: the other grade, by a new confirmation (DOMAIN §3, below the table).

What becomes major while it is mended and has no whole 整改清单 is planned anew (S4 part 5(2)), before it goes on; what waits for
review is returned first.
"""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardRegraded
from duban_contracts.events.types import Grade, HazardFacts, HazardState, LongText, ShortText
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.roles import CITY_REGULATORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.authority import no_listing_holds
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import CLAUSES, TWO_LEVELS, cited, levels_hold, list_is_whole


class Regrade(msgspec.Struct, frozen=True, kw_only=True):
    """调级: the other grade, by a new confirmation."""

    grade: Grade
    reason: LongText
    criterion: ShortText | None = None


def _regrade(hazard: Hazard, command: Regrade, stamp: Stamp, after: HazardFacts) -> Decision:
    if hazard.grade is None or command.grade is hazard.grade:
        return refusal("same-grade", field="grade", move=REGRADE.zh)
    if command.grade is not Grade.MAJOR and (refused := no_listing_holds(hazard, "listed-stays-major")):
        return refused
    if refused := levels_hold(hazard, command.grade, stamp, REGRADE.zh):
        return refused
    clause = cited(command.criterion, command.grade, stamp, REGRADE.zh)
    if isinstance(clause, Refusal):
        return clause
    state = after.state
    if not list_is_whole(hazard, command.grade, stamp.rules):
        if state is HazardState.IN_REVIEW:
            return refusal("plan-required", move=REGRADE.zh)
        state = REGRADE.otherwise.get(state, state)
    return HazardRegraded(
        hazard=msgspec.structs.replace(after, grade=command.grade, state=state),
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        previous_grade=hazard.grade,
        **clause._asdict(),
    )


REGRADE: Final = Move(
    name="regrade",
    zh="调级",
    summary="调级",
    source="DOMAIN §3",
    command=Regrade,
    leads={
        HazardState.CONFIRMED: HazardState.CONFIRMED,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
        HazardState.IN_REVIEW: HazardState.IN_REVIEW,
    },
    # To 已确认: what is major isn't rectifying before it is planned.
    otherwise={HazardState.RECTIFYING: HazardState.CONFIRMED},
    decide=_regrade,
    cites=True,
    # A regrading is a new confirmation with `major` on one of its sides (DOMAIN §3).
    roles=CITY_REGULATORS,
    refusals=("same-grade", "listed-stays-major", "plan-required", *TWO_LEVELS, *CLAUSES),
)
