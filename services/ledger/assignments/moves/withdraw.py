"""撤回: the office that gave a matter takes it back while its answer is owed, such as from a unit that it does not concern."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.types import LongText
from services.chassis.access.roles import OFFICES
from services.ledger.assignments.model import AssignmentState
from services.ledger.assignments.moves.move import Move, gave_it


class WithdrawMatter(msgspec.Struct, frozen=True, kw_only=True):
    """撤回: why nobody has to answer any more."""

    reason: LongText


WITHDRAW: Final = Move(
    name="withdraw",
    zh="撤回",
    summary="撤回交办事项",
    command=WithdrawMatter,
    roles=OFFICES,
    leads=(AssignmentState.OPEN, AssignmentState.WITHDRAWN),
    hand=gave_it,
    text=lambda command: command.reason,
    refusals=("assigned-by-another",),
)
