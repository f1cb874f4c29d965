"""办结: the office that gave the matter finds its answer good, by another account than answered."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.types import LongText
from services.chassis.access.roles import OFFICES
from services.ledger.assignments.model import AssignmentState
from services.ledger.assignments.moves.move import Move, gave_it


class Accept(msgspec.Struct, frozen=True, kw_only=True):
    """办结: what the office says to it."""

    remark: LongText


ACCEPT: Final = Move(
    name="accept",
    zh="办结",
    summary="办结交办事项",
    command=Accept,
    roles=OFFICES,
    leads=(AssignmentState.ANSWERED, AssignmentState.SETTLED),
    hand=gave_it,
    text=lambda command: command.remark,
    refusals=("assigned-by-another", "own-answer"),
    by_another=True,
)
