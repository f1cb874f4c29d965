"""What a plant owes at its four levels, by the calendar, and what of it was checked, late, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from duban_contracts.events.types import LongText, ShortText
from services.scheduler.duties.model.periods import Period, Span, span_of, spans

PartCode = Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]*$(?!\n)", min_length=1, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=100_000)]
SheetSpan = Literal["week", "month", "quarter"]
IsWorkday = Callable[[date], bool]


class CheckLevel(StrEnum):
    """班组日查, 车间周查, 厂矿月查, 集团公司季查."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class TeamWorks(StrEnum):
    """On which days a team works: every day, or the working days of the city's calendar."""

    EVERY_DAY = "every_day"
    WORKDAYS = "workdays"


class PlantPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team, which checks by the day, or a workshop, by the week; it is there from `since` to `until`, inclusive."""

    code: PartCode
    name: ShortText
    level: Literal["day", "week"]
    since: date
    until: date | None = None
    works: TeamWorks = TeamWorks.EVERY_DAY

    def exists_in(self, span: Span) -> bool:
        """Return whether it is there in all of a period; of a part of a period nothing is owed."""
        return self.since <= span.start and (self.until is None or span.end <= self.until)


class PlantLayout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plant (厂矿) with its workshops and teams, those of the past among them."""

    name: ShortText
    since: date
    until: date | None = None
    parts: Annotated[tuple[PlantPart, ...], Meta(max_length=200)] = ()


@dataclass(frozen=True, slots=True)
class Plant:
    """A plant in its newest version: whose it is, where it lies, and how it is laid out."""

    plant_id: UUID
    version: int
    enterprise: str
    county: str
    sector: str | None
    laid: PlantLayout
    recorded_at: datetime
    recorded_by: str
    reason: str | None = None


class CheckFindings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was checked: by which level and part (none for the plant's and the group's own), on which day, with what result.

    `no_work` says that a team did not work on that day: nothing is owed, and nothing was found.
    """

    level: CheckLevel
    part: PartCode | None = None
    held_on: date
    hazards: Count = 0
    major: Count = 0
    no_work: bool = False
    remark: LongText | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A check as it was filed; `filed_on` is the city's day on which it came."""

    check_id: UUID
    plant_id: UUID
    found: CheckFindings
    filed_on: date
    withdrawn: str | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """One check that is owed: `part` is None for the plant's own and the group's."""

    level: CheckLevel
    part: str | None
    name: str
    span: Span


class State(StrEnum):
    """已查, 迟报, 未上班, 未到期, 漏查."""

    DONE = "done"
    LATE = "late"
    NO_WORK = "no_work"
    OPEN = "open"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class LevelSheet:
    """How one level stands: how many of the owed checks are in each state, and the gaps in order of their periods."""

    level: CheckLevel
    counts: Mapping[State, int]
    gaps: tuple[Owed, ...]

    @property
    def owed(self) -> int:
        """How many checks are owed."""
        return sum(self.counts.values())

    @property
    def met(self) -> bool:
        """Whether this level lacks nothing so far, whatever the others lack."""
        return not self.gaps


# The levels whose periods end inside a week, a month, a quarter.
_LEVELS: Final[Mapping[str, tuple[CheckLevel, ...]]] = {
    "week": (CheckLevel.DAY, CheckLevel.WEEK),
    "month": (CheckLevel.DAY, CheckLevel.WEEK, CheckLevel.MONTH),
    "quarter": (CheckLevel.DAY, CheckLevel.WEEK, CheckLevel.MONTH, CheckLevel.QUARTER),
}


def span_on(span: SheetSpan, day: date) -> Span:
    """Return the week, month or quarter in which a day lies."""
    return span_of(Period(span), day)


def owed(laid: PlantLayout, level: CheckLevel, within: Span, is_workday: IsWorkday) -> Iterator[Owed]:
    """Yield the checks of one level whose periods end `within`, in order of their periods."""
    for span in spans(Period(level.value), within.start, within.end):
        if span.end > within.end or not life_of(laid).exists_in(span):
            continue
        if level in {CheckLevel.MONTH, CheckLevel.QUARTER}:
            yield Owed(level, None, laid.name, span)
        for part in laid.parts:
            if part.level == level.value and part.exists_in(span) and _works(part, span, is_workday):
                yield Owed(level, part.code, part.name, span)


def life_of(laid: PlantLayout) -> PlantPart:
    """Return the plant as if it were one of its own parts: from when to when it is there."""
    return PlantPart(code="plant", name=laid.name, level="week", since=laid.since, until=laid.until)


def _works(part: PlantPart, span: Span, is_workday: IsWorkday) -> bool:
    return part.level == "week" or part.works is TeamWorks.EVERY_DAY or is_workday(span.start)


def sheet(
    laid: PlantLayout, checks: Collection[Check], *, span: SheetSpan, day: date, today: date, is_workday: IsWorkday
) -> list[LevelSheet]:
    """Return how each level stands in the week, month or quarter of `day`, as of `today`.

    A check counts for the period in which it was held, and is late when it was filed behind that period's last day. What
    is owed and not over yet is open. Withdrawn checks count for nothing.
    """
    within = span_on(span, day)
    filed = _filed(checks)
    return [
        _level(level, [(each, _state(each, filed, today)) for each in owed(laid, level, within, is_workday)])
        for level in _LEVELS[span]
    ]


_Key = tuple[CheckLevel, str | None, str]


def _filed(checks: Collection[Check]) -> dict[_Key, Check]:
    """Return the check that was filed first for each period."""
    first: dict[_Key, Check] = {}
    for check in sorted(checks, key=lambda each: (each.filed_on, each.check_id)):
        if check.withdrawn is None:
            found = check.found
            period = span_of(Period(found.level.value), found.held_on).key
            first.setdefault((found.level, found.part, period), check)
    return first


def _state(one: Owed, filed: Mapping[_Key, Check], today: date) -> State:
    check = filed.get((one.level, one.part, one.span.key))
    if check is None:
        return State.OPEN if today <= one.span.end else State.MISSING
    if check.found.no_work:
        return State.NO_WORK
    return State.LATE if check.filed_on > one.span.end else State.DONE


def _level(level: CheckLevel, states: list[tuple[Owed, State]]) -> LevelSheet:
    counts = {state: sum(1 for _, found in states if found is state) for state in State}
    return LevelSheet(level, counts, tuple(each for each, state in states if state is State.MISSING))
