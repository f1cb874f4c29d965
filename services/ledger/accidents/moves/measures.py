"""防范和整改措施: set, carried out, verified by another or sent back (条例 article 33; P1 item 7, P6 item 6)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec

from duban_contracts.events.accidents import (
    AccidentMeasureDone,
    AccidentMeasureReturned,
    AccidentMeasureSet,
    AccidentMeasureVerified,
    MeasureState,
)
from duban_contracts.events.types import Identifier, LongText, ShortText, Unit
from duban_contracts.profile import Rules
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.roles import OFFICES, REGULATORS
from services.ledger.accidents.model import Accident, Measure
from services.ledger.accidents.moves.move import OWING, Made, MeasureMove, Move, step
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.model.hand import Hand


class SetMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """下达措施: what the post `post` of `unit` does until the end of `deadline_on`.

    `hazard` is the id or number of the hazard that it is about, if it is about one.
    """

    measure: LongText
    unit: Unit
    post: ShortText
    deadline_on: date
    hazard: Identifier | None = None


class ReportDone(msgspec.Struct, frozen=True, kw_only=True):
    """已落实: what was done."""

    report: LongText


class VerifyMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """核查: what was found."""

    finding: LongText


class SendBack(msgspec.Struct, frozen=True, kw_only=True):
    """退回: what is missing."""

    finding: LongText


class SetFor(msgspec.Struct, frozen=True, kw_only=True):
    """A measure to be set, with the hazard that it names as the caller may see it."""

    said: SetMeasure
    hazard: Hazard | None = None


def _set(accident: Accident, command: SetFor, by: Hand, rules: Rules) -> Made | Refusal:
    said, hazard = command.said, command.hazard
    latest = rules.bounds.latest_deadline(by.today)
    if said.deadline_on < by.today:
        return refusal("deadline-in-the-past", field="deadline_on", today=by.today.isoformat(), zone=rules.zone.name)
    if said.deadline_on > latest:
        return refusal("deadline-too-far", field="deadline_on", latest=latest.isoformat())
    if hazard is not None and hazard.county != accident.county:
        return refusal("accident-hazard-elsewhere", field="hazard")
    measure = Measure(
        number=len(accident.measures) + 1,
        measure=said.measure,
        unit=said.unit,
        post=said.post,
        deadline_on=said.deadline_on,
        state=MeasureState.OPEN,
        hazard_id=hazard.hazard_id if hazard else None,
        hazard_number=hazard.number if hazard else None,
    )
    return step(accident, SET.name, said.measure, by, lambda facts: AccidentMeasureSet(**facts), measure=measure)


SET: Final = Move(
    name="measures",
    zh="下达整改措施",
    summary="下达事故整改措施",
    command=SetFor,
    roles=REGULATORS | OFFICES,
    states=OWING,
    decide=_set,
    refusals=("hazard-not-found", "deadline-in-the-past", "deadline-too-far", "accident-hazard-elsewhere"),
)
DONE: Final = MeasureMove(
    name="done",
    zh="报告落实",
    summary="报告事故整改措施已落实",
    command=ReportDone,
    roles=REGULATORS | OFFICES,
    leads=(MeasureState.OPEN, MeasureState.DONE),
    event=lambda said, command: AccidentMeasureDone(**said, report=command.report),
    text=lambda command: command.report,
)
VERIFY: Final = MeasureMove(
    name="verify",
    zh="核查",
    summary="核查事故整改措施",
    command=VerifyMeasure,
    roles=REGULATORS,
    leads=(MeasureState.DONE, MeasureState.VERIFIED),
    event=lambda said, command: AccidentMeasureVerified(**said, finding=command.finding),
    text=lambda command: command.finding,
    by_another=True,
)
RETURN: Final = MeasureMove(
    name="return",
    zh="退回",
    summary="退回未落实的事故整改措施",
    command=SendBack,
    roles=REGULATORS,
    leads=(MeasureState.DONE, MeasureState.OPEN),
    event=lambda said, command: AccidentMeasureReturned(**said, finding=command.finding),
    text=lambda command: command.finding,
    by_another=True,
)
MEASURE_MOVES: Final[tuple[MeasureMove[Any], ...]] = (DONE, VERIFY, RETURN)
