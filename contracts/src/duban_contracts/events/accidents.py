"""事故查处 (P1 item 7, P4 item 31, P5 item 7, P6 item 6): what the ledger recorded of accidents and of what follows from them.

Recorded on `ledger.hazard.v1`, keyed by the accident's id: an accident's dates stand behind the same heartbeats as a
hazard's, so nothing that was done in time is called late. These events have no aggregate version, since they are no
hazard's; `accident.version` counts those of one accident from 1 without gaps. They tell places, units and counts, never
persons.
"""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.types import (
    ACCIDENT,
    ACCIDENT_MEASURE,
    Actor,
    CountyCode,
    DocumentNumber,
    Enterprise,
    Identifier,
    Instant,
    LongText,
    Sector,
    ShortText,
    Subject,
    Unit,
)
from duban_contracts.topics import TopicFamily

Harmed = Annotated[int, Meta(ge=0, le=100_000, description="how many people, never who")]


class AccidentGrade(enum.StrEnum):
    """How grave an accident is (《生产安全事故报告和调查处理条例》 article 3): 一般, 较大, 重大, 特别重大."""

    GENERAL = "general"
    LARGER = "larger"
    MAJOR = "major"
    EXTREME = "extreme"


class AccidentState(enum.StrEnum):
    """调查处理中, 已结案 (its measures and its evaluation are still owed), 已评估."""

    INVESTIGATED = "investigated"
    CLOSED = "closed"
    EVALUATED = "evaluated"


class MeasureState(enum.StrEnum):
    """待落实, 已落实待核查, 已核查."""

    OPEN = "open"
    DONE = "done"
    VERIFIED = "verified"


class AccidentFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an accident is after the event that carries it.

    `serious_injuries` counts 重伤. `look_back_on` is the last day, inclusive, of the evaluation (整改评估); None until 结案.
    `open_measures` counts those that nobody has verified. `version` counts the accident's events from 1.
    """

    accident_id: Identifier
    number: Identifier
    county: CountyCode
    sector: Sector
    enterprise: Enterprise
    place: ShortText
    happened_on: date
    grade: AccidentGrade
    deaths: Harmed
    serious_injuries: Harmed
    state: AccidentState
    look_back_on: date | None = None
    open_measures: Annotated[int, Meta(ge=0)]
    version: Annotated[int, Meta(ge=1)]

    @property
    def of_city(self) -> bool:
        """Whether the city closes and evaluates it, and not its county: what is graver than 一般 (分级负责, P4 item 31)."""
        return self.grade is not AccidentGrade.GENERAL

    def as_subject(self) -> Subject:
        """Return the accident, whose evaluation has a last day, as the subject of a letter or a deadline."""
        return Subject(kind=ACCIDENT, id=self.accident_id, number=self.number)


class AccidentMeasure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One 防范和整改措施 of an accident, number `number` from 1: what, by whose post in which unit, until the end of `deadline_on`.

    `hazard_id` and `hazard_number` name the hazard of the ledger that it is about, where it is about one.
    """

    number: Annotated[int, Meta(ge=1)]
    measure: LongText
    unit: Unit
    post: ShortText
    deadline_on: date
    state: MeasureState
    hazard_id: Identifier | None = None
    hazard_number: Identifier | None = None

    def as_subject(self, accident: AccidentFacts) -> Subject:
        """Return the measure as the subject of a letter or a deadline."""
        return Subject(
            kind=ACCIDENT_MEASURE,
            id=f"{accident.accident_id}/{self.number}",
            number=f"{accident.number}/{self.number}",
        )


class AccidentEvent(EventData, frozen=True, kw_only=True):
    """What all events of an accident carry: the facts after it, who caused it, and when (UTC)."""

    accident: AccidentFacts
    actor: Actor
    occurred_at: Instant


class AccidentMeasureEvent(AccidentEvent, frozen=True, kw_only=True):
    """What all events of a measure carry: the measure after it."""

    measure: AccidentMeasure


@event("accident.registered.v1", family=TopicFamily.HAZARD, title_zh="事故登记")
class AccidentRegistered(AccidentEvent, frozen=True, kw_only=True):
    """事故登记: a regulator entered the accident; `course` (事故经过) says in short what happened."""

    course: LongText


@event("accident.corrected.v1", family=TopicFamily.HAZARD, title_zh="事故更正")
class AccidentCorrected(AccidentEvent, frozen=True, kw_only=True):
    """事故更正: counts or grade turned out otherwise before 结案 (补报: deaths within thirty days, 条例 article 13)."""

    finding: LongText


@event("accident.measure_set.v1", family=TopicFamily.HAZARD, title_zh="事故整改措施下达")
class AccidentMeasureSet(AccidentMeasureEvent, frozen=True, kw_only=True):
    """事故整改措施下达: the measure is owed from now on."""


@event("accident.measure_done.v1", family=TopicFamily.HAZARD, title_zh="事故整改措施落实")
class AccidentMeasureDone(AccidentMeasureEvent, frozen=True, kw_only=True):
    """事故整改措施落实: it is said to be carried out, and waits to be verified by another."""

    report: LongText


@event("accident.measure_verified.v1", family=TopicFamily.HAZARD, title_zh="事故整改措施核查通过")
class AccidentMeasureVerified(AccidentMeasureEvent, frozen=True, kw_only=True):
    """事故整改措施核查通过: another account found it carried out."""

    finding: LongText


@event("accident.measure_returned.v1", family=TopicFamily.HAZARD, title_zh="事故整改措施退回")
class AccidentMeasureReturned(AccidentMeasureEvent, frozen=True, kw_only=True):
    """事故整改措施退回: it is not carried out, and owed again by the same day."""

    finding: LongText


@event("accident.closed.v1", family=TopicFamily.HAZARD, title_zh="事故结案")
class AccidentClosed(AccidentEvent, frozen=True, kw_only=True):
    """事故结案: the report of the investigation was approved by `document`; the evaluation is owed by `accident.look_back_on`."""

    document: DocumentNumber
    conclusion: LongText


@event("accident.evaluated.v1", family=TopicFamily.HAZARD, title_zh="事故整改评估")
class AccidentEvaluated(AccidentEvent, frozen=True, kw_only=True):
    """事故整改评估: every measure is verified, and another account than closed it found what came of it."""

    conclusion: LongText
