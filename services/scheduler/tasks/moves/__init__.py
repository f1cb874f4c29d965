"""The life of a task: every move there is, in the order of a task's life. One file for each."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from services.scheduler.tasks.model.task import Task
from services.scheduler.tasks.moves.accept import ACCEPT, Accept
from services.scheduler.tasks.moves.acknowledge import ACKNOWLEDGE, Acknowledge
from services.scheduler.tasks.moves.approve import APPROVE, Approve
from services.scheduler.tasks.moves.assign import assign
from services.scheduler.tasks.moves.cancel import CANCEL, Cancel
from services.scheduler.tasks.moves.mark_overdue import mark_overdue
from services.scheduler.tasks.moves.move import Decision, Move, Stamp
from services.scheduler.tasks.moves.renew import RENEW, Renew
from services.scheduler.tasks.moves.send_back import RETURN, Return
from services.scheduler.tasks.moves.submit import SUBMIT, Submit, says_nothing_new
from services.scheduler.tasks.moves.supplement import SUPPLEMENT, Supplement
from services.scheduler.tasks.moves.waive import WAIVE, Waive

__all__ = [
    "MOVES",
    "Accept",
    "Acknowledge",
    "Approve",
    "Cancel",
    "Decision",
    "Move",
    "Renew",
    "Return",
    "Stamp",
    "Submit",
    "Supplement",
    "Waive",
    "assign",
    "decide",
    "mark_overdue",
    "move_of",
    "says_nothing_new",
]

MOVES: Final[tuple[Move[Any], ...]] = (
    ACKNOWLEDGE,
    SUBMIT,
    SUPPLEMENT,
    APPROVE,
    ACCEPT,
    RETURN,
    RENEW,
    WAIVE,
    CANCEL,
)
_BY_COMMAND: Final = {move.command: move for move in MOVES}


def move_of(command: msgspec.Struct | type[msgspec.Struct]) -> Move[Any]:
    """Return the move that a command, or this kind of command, asks for; raises KeyError for what is none."""
    return _BY_COMMAND[command if isinstance(command, type) else type(command)]


def decide(task: Task, command: msgspec.Struct, stamp: Stamp) -> Decision:
    """Return the event that records `command` on `task`, or why it is refused."""
    return move_of(command).make(task, command, stamp)
