"""The moves of an accident and of its measures, in the order of its life; each but registering has its route."""

from __future__ import annotations

from typing import Any, Final

from services.ledger.accidents.moves.close import CLOSE, CloseAccident
from services.ledger.accidents.moves.evaluate import EVALUATE, EvaluateAccident
from services.ledger.accidents.moves.measures import (
    DONE,
    MEASURE_MOVES,
    RETURN,
    SET,
    VERIFY,
    ReportDone,
    SendBack,
    SetFor,
    SetMeasure,
    VerifyMeasure,
)
from services.ledger.accidents.moves.move import Made, MeasureMove, Move
from services.ledger.accidents.moves.register import (
    CORRECT,
    ROLES,
    CorrectAccident,
    RegisterAccident,
    register_accident,
)

__all__ = [
    "CLOSE",
    "CORRECT",
    "DONE",
    "EVALUATE",
    "MEASURE_MOVES",
    "MOVES",
    "RETURN",
    "ROLES",
    "SET",
    "VERIFY",
    "CloseAccident",
    "CorrectAccident",
    "EvaluateAccident",
    "Made",
    "MeasureMove",
    "Move",
    "RegisterAccident",
    "ReportDone",
    "SendBack",
    "SetFor",
    "SetMeasure",
    "VerifyMeasure",
    "register_accident",
]

# Those that say no more than their command; a measure also names a hazard, which has to be found first.
MOVES: Final[tuple[Move[Any], ...]] = (CORRECT, CLOSE, EVALUATE)
