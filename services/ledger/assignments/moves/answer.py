"""答复: the unit that was given the matter says what it did (P4.7); after the day it is taken and stays late."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.events.types import LongText
from services.chassis.access.roles import OFFICES, REGULATORS
from services.ledger.assignments.model import AssignmentState
from services.ledger.assignments.moves.move import Move, answers_for_it


class AnswerMatter(msgspec.Struct, frozen=True, kw_only=True):
    """答复: what was done."""

    answer: LongText


ANSWER: Final = Move(
    name="answer",
    zh="答复",
    summary="答复交办事项",
    command=AnswerMatter,
    roles=OFFICES | REGULATORS,
    leads=(AssignmentState.OPEN, AssignmentState.ANSWERED),
    hand=answers_for_it,
    text=lambda command: command.answer,
    refusals=("assignment-of-another",),
)
