"""退回: the answer is not enough and is owed again, by the same day; one that is over leaves the matter unanswered past it."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.types import LongText
from services.chassis.access.roles import OFFICES
from services.ledger.assignments.model import AssignmentState
from services.ledger.assignments.moves.move import Move, gave_it


class ReturnMatter(msgspec.Struct, frozen=True, kw_only=True):
    """退回: what is missing."""

    reason: LongText


RETURN: Final = Move(
    name="return",
    zh="退回",
    summary="退回交办事项的答复",
    command=ReturnMatter,
    roles=OFFICES,
    leads=(AssignmentState.ANSWERED, AssignmentState.OPEN),
    hand=gave_it,
    text=lambda command: command.reason,
    refusals=("assigned-by-another",),
)
