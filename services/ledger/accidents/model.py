"""An accident with its measures: where it stands, what is owed, and its history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from duban_contracts.events.accidents import AccidentFacts, AccidentGrade, AccidentMeasure, AccidentState, MeasureState
from duban_contracts.events.types import Enterprise

STATES: Final[Mapping[AccidentState, str]] = {
    AccidentState.INVESTIGATED: "调查处理中",
    AccidentState.CLOSED: "已结案",
    AccidentState.EVALUATED: "已评估",
}
MEASURE_STATES: Final[Mapping[MeasureState, str]] = {
    MeasureState.OPEN: "待落实",
    MeasureState.DONE: "已落实待核查",
    MeasureState.VERIFIED: "已核查",
}
GRADES: Final[Mapping[AccidentGrade, str]] = {
    AccidentGrade.GENERAL: "一般",
    AccidentGrade.LARGER: "较大",
    AccidentGrade.MAJOR: "重大",
    AccidentGrade.EXTREME: "特别重大",
}


class Measure(AccidentMeasure, frozen=True, kw_only=True):
    """One measure; `done_by` is the account that said last that it is carried out."""

    done_by: str | None = None

    def is_late(self, today: date) -> bool:
        """Return whether it is owed past its day. What waits to be verified is no longer its owner's to do."""
        return self.state is MeasureState.OPEN and self.deadline_on < today

    def told(self) -> AccidentMeasure:
        """Return what events say of it."""
        return AccidentMeasure(**{name: getattr(self, name) for name in AccidentMeasure.__struct_fields__})


class AccidentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an accident's history: which move, when (UTC), by which account of which unit, in what words.

    `measure` is the number of the measure that it is about, if it is about one.
    """

    version: int
    move: str
    at: datetime
    by: str
    unit: str | None
    measure: int | None
    text: str


class Accident(msgspec.Struct, frozen=True, kw_only=True):
    """What happened on `happened_on` at `place` of `enterprise`; people are counted, never named. `course` is 事故经过.

    `look_back_on` is the last day of the evaluation, inclusive, `document` that of 结案; both are None until then.
    `closed_by` is the account that closed it. `version` counts the steps of its history.
    """

    accident_id: str
    number: str
    county: str
    sector: str
    enterprise: Enterprise
    place: str
    happened_on: date
    grade: AccidentGrade
    deaths: int
    serious_injuries: int
    course: str
    state: AccidentState = AccidentState.INVESTIGATED
    look_back_on: date | None = None
    document: str | None = None
    closed_by: str | None = None
    measures: tuple[Measure, ...] = ()
    version: int = 0

    @property
    def open_measures(self) -> int:
        """How many measures nobody has verified."""
        return sum(each.state is not MeasureState.VERIFIED for each in self.measures)

    def measure(self, number: int) -> Measure | None:
        """Return the measure of this number, or None."""
        return next((each for each in self.measures if each.number == number), None)

    def with_measure(self, changed: Measure) -> tuple[Measure, ...]:
        """Return the measures with `changed` in the place of its number, or behind the others."""
        return tuple(({each.number: each for each in self.measures} | {changed.number: changed}).values())

    def is_late(self, today: date) -> bool:
        """Return whether its evaluation is owed past the look-back date."""
        return self.state is AccidentState.CLOSED and self.look_back_on is not None and self.look_back_on < today

    def facts(self) -> AccidentFacts:
        """Return what every event says of it."""
        own = set(AccidentFacts.__struct_fields__)
        return AccidentFacts(**{name: getattr(self, name) for name in own})


def least_grade(deaths: int, serious_injuries: int) -> AccidentGrade:
    """Return the least grade that such counts have (条例 article 3); what was lost in money may make it graver."""
    if deaths >= 30 or serious_injuries >= 100:  # noqa: PLR2004 - the figures of the article
        return AccidentGrade.EXTREME
    if deaths >= 10 or serious_injuries >= 50:  # noqa: PLR2004
        return AccidentGrade.MAJOR
    if deaths >= 3 or serious_injuries >= 10:  # noqa: PLR2004
        return AccidentGrade.LARGER
    return AccidentGrade.GENERAL


def is_at_least(grade: AccidentGrade, least: AccidentGrade) -> bool:
    """Return whether `grade` is as grave as `least`, or graver."""
    order = list(AccidentGrade)
    return order.index(grade) >= order.index(least)
