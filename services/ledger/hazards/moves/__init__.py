"""The life of a hazard: every move there is, in the order of a hazard's life (DOMAIN §3). docs/moves.md shows them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.close import CLOSE, Close
from services.ledger.hazards.moves.confirm import CONFIRM, Confirm
from services.ledger.hazards.moves.correct import CORRECT, Correct
from services.ledger.hazards.moves.correct_deadline import CORRECT_DEADLINE, CorrectDeadline
from services.ledger.hazards.moves.escalate import ESCALATE, Escalate
from services.ledger.hazards.moves.extend import EXTEND, Extend
from services.ledger.hazards.moves.first_confirm import FIRST_CONFIRM, FirstConfirm
from services.ledger.hazards.moves.hand_back import HAND_BACK, HandBack
from services.ledger.hazards.moves.lift import LIFT, Lift
from services.ledger.hazards.moves.list_hazard import LIST, ListHazard
from services.ledger.hazards.moves.mark_false import MARK_FALSE, MarkFalse, case_of
from services.ledger.hazards.moves.mark_listing_overdue import MARK_LISTING_OVERDUE, MarkListingOverdue
from services.ledger.hazards.moves.mark_overdue import MARK_OVERDUE, SCHEDULER, MarkOverdue
from services.ledger.hazards.moves.merge import MERGE, Merge, add_source
from services.ledger.hazards.moves.move import Decision, Door, Move, Stamp
from services.ledger.hazards.moves.pass_look_back import PASS_LOOK_BACK, PassLookBack
from services.ledger.hazards.moves.plan import PLAN, Plan
from services.ledger.hazards.moves.refuse_extension import REFUSE_EXTENSION, RefuseExtension
from services.ledger.hazards.moves.register import REGISTER, Register, register
from services.ledger.hazards.moves.regrade import REGRADE, Regrade
from services.ledger.hazards.moves.reject import REJECT, Reject
from services.ledger.hazards.moves.reopen import REOPEN, Reopen
from services.ledger.hazards.moves.request_extension import REQUEST_EXTENSION, RequestExtension
from services.ledger.hazards.moves.resume import RESUME, Resume
from services.ledger.hazards.moves.send_back import RETURN, Return
from services.ledger.hazards.moves.stop import STOP, Stop
from services.ledger.hazards.moves.submit import SUBMIT, Submit
from services.ledger.hazards.moves.unmerge import UNMERGE, Unmerge, remove_source

__all__ = [
    "CORRECT",
    "MERGE",
    "MOVES",
    "SCHEDULER",
    "UNMERGE",
    "Close",
    "Confirm",
    "Correct",
    "CorrectDeadline",
    "Decision",
    "Door",
    "Escalate",
    "Extend",
    "FirstConfirm",
    "HandBack",
    "Lift",
    "ListHazard",
    "MarkFalse",
    "MarkListingOverdue",
    "MarkOverdue",
    "Merge",
    "Move",
    "PassLookBack",
    "Plan",
    "RefuseExtension",
    "Register",
    "Regrade",
    "Reject",
    "Reopen",
    "RequestExtension",
    "Resume",
    "Return",
    "Stamp",
    "Stop",
    "Submit",
    "Unmerge",
    "add_source",
    "case_of",
    "decide",
    "move_of",
    "register",
    "remove_source",
]

MOVES: Final[tuple[Move[Any], ...]] = (
    REGISTER,
    CORRECT,
    FIRST_CONFIRM,
    CONFIRM,
    REJECT,
    PLAN,
    SUBMIT,
    RETURN,
    CLOSE,
    PASS_LOOK_BACK,
    REOPEN,
    MARK_FALSE,
    REQUEST_EXTENSION,
    EXTEND,
    REFUSE_EXTENSION,
    CORRECT_DEADLINE,
    REGRADE,
    LIST,
    LIFT,
    STOP,
    RESUME,
    ESCALATE,
    HAND_BACK,
    MERGE,
    UNMERGE,
    MARK_OVERDUE,
    MARK_LISTING_OVERDUE,
)
_BY_COMMAND: Final = {move.command: move for move in MOVES}


def move_of(command: msgspec.Struct | type[msgspec.Struct]) -> Move[Any]:
    """Return the move that a command, or this kind of command, asks for; raises KeyError for what is none."""
    return _BY_COMMAND[command if isinstance(command, type) else type(command)]


def decide(hazard: Hazard, command: msgspec.Struct, stamp: Stamp) -> Decision:
    """Return the event that records `command` on `hazard`, or why it is refused."""
    return move_of(command).make(hazard, command, stamp)
