"""The moves of an assignment, in the order of its life; each but the first has its route."""

from __future__ import annotations

from typing import Any, Final

from services.ledger.assignments.moves.accept import ACCEPT, Accept
from services.ledger.assignments.moves.answer import ANSWER, AnswerMatter
from services.ledger.assignments.moves.assign import ASSIGN, Assign, assign
from services.ledger.assignments.moves.move import Made, Move
from services.ledger.assignments.moves.send_back import RETURN, ReturnMatter
from services.ledger.assignments.moves.withdraw import WITHDRAW, WithdrawMatter

__all__ = [
    "ASSIGN",
    "MOVES",
    "Accept",
    "AnswerMatter",
    "Assign",
    "Made",
    "Move",
    "ReturnMatter",
    "WithdrawMatter",
    "assign",
]

MOVES: Final[tuple[Move[Any], ...]] = (ANSWER, ACCEPT, RETURN, WITHDRAW)
