"""逾期: the scheduler raised 督办逾期, and the hazard is marked, unless that is stale (DOMAIN §3 row 13, promise P3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardOverdue
from duban_contracts.events.types import Actor, HazardFacts, HazardState
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp

SYSTEM: Final = "system"
SCHEDULER: Final = Actor(account="scheduler", role=SYSTEM)


class MarkOverdue(msgspec.Struct, frozen=True, kw_only=True):
    """逾期: the scheduler raised 督办逾期 for `deadline_on`, which passed at `due_at` (UTC, after pauses)."""

    deadline_on: date
    due_at: datetime


def _mark_overdue(hazard: Hazard, command: MarkOverdue, stamp: Stamp, after: HazardFacts) -> Decision:
    """Note 督办逾期 unless it is stale: another deadline holds, it is noted, 整改完成 or 归并 came in time."""
    in_time = hazard.submitted_at is not None and hazard.submitted_at <= command.due_at
    answered = hazard.state in {HazardState.IN_REVIEW, HazardState.CLOSED} and in_time
    merged = hazard.state is HazardState.DUPLICATE and (hazard.merged_at is None or hazard.merged_at <= command.due_at)
    if hazard.overdue or hazard.deadline_on != command.deadline_on or answered or merged:
        return MARK_OVERDUE.conflict(hazard)
    return HazardOverdue(
        hazard=msgspec.structs.replace(after, overdue=True),
        actor=stamp.actor,
        occurred_at=stamp.at,
        deadline_on=command.deadline_on,
    )


MARK_OVERDUE: Final = Move(
    name="mark_overdue",
    zh="标记逾期",
    summary="督办逾期，标记",
    source="DOMAIN §3 row 13",
    command=MarkOverdue,
    leads={
        HazardState.CONFIRMED: HazardState.CONFIRMED,
        HazardState.RECTIFYING: HazardState.RECTIFYING,
        # A submission that came after the deadline doesn't undo that the deadline passed.
        HazardState.IN_REVIEW: HazardState.IN_REVIEW,
        HazardState.CLOSED: HazardState.CLOSED,
        # Nor does a merging: taken out again, it is late.
        HazardState.DUPLICATE: HazardState.DUPLICATE,
    },
    decide=_mark_overdue,
    roles=frozenset({SYSTEM}),
    doors=frozenset({Door.SYSTEM}),
)
