"""反弹: a later check failed; a new deadline starts (DOMAIN §3 row 16)."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from duban_contracts.events.hazards import HazardReopened
from duban_contracts.events.types import HazardFacts, HazardState, LongText
from services.chassis.access.roles import CITY_REGULATORS, REGULATORS, SUPERVISORS
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.move import Decision, Move, Stamp
from services.ledger.hazards.moves.rules import deadline_holds


class Reopen(msgspec.Struct, frozen=True, kw_only=True):
    """反弹: a later check failed; a new deadline starts."""

    reason: LongText
    deadline_on: date


def _reopen(_: Hazard, command: Reopen, stamp: Stamp, after: HazardFacts) -> Decision:
    return reopened(command, stamp, after)


def reopened(command: Reopen, stamp: Stamp, after: HazardFacts, *, false_rectification: bool = False) -> Decision:
    """Return the event that reopens the hazard with the command's reason and deadline, or why it is refused."""
    if refused := deadline_holds(command.deadline_on, stamp):
        return refused
    return HazardReopened(
        hazard=msgspec.structs.replace(after, deadline_on=command.deadline_on, overdue=False),
        actor=stamp.actor,
        occurred_at=stamp.at,
        reason=command.reason,
        deadline_on=command.deadline_on,
        false_rectification=false_rectification,
    )


REOPEN: Final = Move(
    name="reopen",
    zh="重新打开",
    summary="反弹，重新整改",
    source="DOMAIN §3 row 16",
    command=Reopen,
    leads={HazardState.CLOSED: HazardState.RECTIFYING},
    decide=_reopen,
    roles=REGULATORS | SUPERVISORS,
    # It sets the deadline, and that of a major hazard is not a county's alone (DOMAIN §10), as with 确认 and 延期.
    major=CITY_REGULATORS | SUPERVISORS,
    refusals=(
        "deadline-in-the-past",
        "deadline-too-far",
    ),
)
