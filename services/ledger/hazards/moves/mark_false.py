"""认定虚假整改: the entry had been struck off though nothing was mended, and somebody answers for it (S4.23).

It is reopened, so the rate falls at once; where it was reopened before that was found (a failed look-back), it goes on as it
stands, and a case is opened for that closure, in the same transaction: enterprise, unit and post that answered for it, posts of those
who reviewed it. The case of accountability is another slice's, and moves neither clock nor books.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, cast

import msgspec

from duban_contracts.events.accountability import HazardAccountabilityOpened
from duban_contracts.events.types import Actor, HazardFacts, HazardState, LongText
from duban_contracts.refusals import refusal
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS, SUPERVISORS
from services.ledger.hazards.model import Closure, Hazard, facts
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.reopen import Reopen, reopened


class MarkFalse(msgspec.Struct, frozen=True, kw_only=True):
    """认定虚假整改: what shows that it was never mended, and the new last day; none where it was reopened already."""

    reason: LongText
    deadline_on: date | None = None


def _mark_false(hazard: Hazard, command: MarkFalse, stamp: Stamp, after: HazardFacts) -> Decision:
    is_closed, closure = hazard.state is HazardState.CLOSED, hazard.undone_closure
    if not is_closed and closure is None:
        return MARK_FALSE.conflict(hazard)
    if is_closed is (command.deadline_on is None):
        return refusal("false-closure-deadline", field="deadline_on")
    # By state first: what a process of the release before closed again still has what an earlier reopening left.
    if not is_closed and closure is not None:
        return case_of(closure, hazard, hazard.reopened_count, command.reason, stamp.actor, stamp.at)
    reopening = Reopen(reason=command.reason, deadline_on=cast("date", command.deadline_on))
    return reopened(reopening, stamp, after, false_rectification=True)


def case_of(
    closure: Closure, hazard: Hazard, nth: int, reason: str, actor: Actor, at: datetime
) -> HazardAccountabilityOpened:
    """Return 责任倒查立案 of `hazard`, as it stands, for its `nth` closure."""
    return HazardAccountabilityOpened(
        hazard=facts(hazard),
        actor=actor,
        occurred_at=at,
        case_number=f"ZR-{hazard.number}-{nth}",
        reason=reason,
        enterprise=hazard.enterprise,
        owner_unit=closure.owner_unit,
        owner_post=closure.owner_post,
        reviewer_posts=closure.reviewer_posts,
    )


MARK_FALSE: Final = Move(
    name="mark-false",
    zh="认定虚假整改",
    summary="认定虚假整改：重新整改，并立案倒查责任",
    source="DOMAIN §3 row 16",
    command=MarkFalse,
    leads={
        HazardState.CLOSED: HazardState.RECTIFYING,
        # Reopened before that was found.
        HazardState.CONFIRMED: HazardState.CONFIRMED,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
        HazardState.IN_REVIEW: HazardState.IN_REVIEW,
    },
    decide=_mark_false,
    roles=REGULATORS | SUPERVISORS,
    major=CITY_REGULATORS | SUPERVISORS,
    refusals=("deadline-in-the-past", "deadline-too-far", "false-closure-deadline"),
)
