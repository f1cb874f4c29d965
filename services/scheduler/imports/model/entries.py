"""One entry of a list of recurring duties, and the rule by which it falls due."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from services.scheduler.campaigns.model.nine_ones import MECHANISMS
from services.scheduler.duties.model import recurrence
from services.scheduler.duties.model.occasions import OccasionKind
from services.scheduler.duties.model.periods import Period
from services.scheduler.duties.model.readings import Reading, reading_of_interval
from services.scheduler.duties.model.recurrence import BadRule
from services.scheduler.duties.model.rules import (
    Deadline,
    Occasional,
    Quota,
    Recurrence,
    Rule,
    Season,
    Unscheduled,
)

PERIODS: Final = {
    "P1D": (Period.DAY, "每日"),
    "P1W": (Period.WEEK, "每周"),
    "P1M": (Period.MONTH, "每月"),
    "P2M": (Period.TWO_MONTHS, "每两个月"),
    "P3M": (Period.QUARTER, "每季度"),
    "P6M": (Period.HALF_YEAR, "每半年"),
    "P1Y": (Period.YEAR, "每年"),
    "P5Y": (Period.FIVE_YEARS, "每五年"),
}
GENERAL: Final = "general"
_PLAIN: Final = re.compile(r"FREQ=[A-Z]+(;INTERVAL=[0-9]+)?")
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEASON: Final = re.compile(r"([0-9]{2}-[0-9]{2})/([0-9]{2}-[0-9]{2})(.*)")
_LISTED: Final = re.compile(r"[、,，;；]")
_HOLIDAY: Final = re.compile("节日|节假日|元旦")
_EVENT: Final = re.compile("活动|时段|节点|时点")
_KINDS: Final = {each.number: each.kind for each in MECHANISMS.values()}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as the JSON has it; what it says beside is not needed here."""

    id: Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$", max_length=64)]
    source_file: str
    item_no: str | int
    who_zh: Annotated[str, Meta(min_length=1, max_length=200)]
    what_zh: Annotated[str, Meta(min_length=1, max_length=200)]
    type: str
    plan_no: int | None = None
    frequency: str | None = None
    period: str | None = None
    min_count: Annotated[int, Meta(ge=1, le=100)] | None = None
    scope: Annotated[str, Meta(max_length=500)] = ""
    evidence: str = ""
    service: str = "scheduler"
    mechanism_no: int | None = None
    printed_zh: str | None = None
    suggested_default: str | None = None
    trigger_zh: str | None = None
    active_window: str | None = None
    window: str | None = None
    year_masked: bool = False


class Unreadable(ValueError):
    """An entry says nothing that a rule follows from: `field` is wrong by `rule`."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


def kind_of(entry: Entry) -> str:
    """Return the kind of work of an entry: its mechanism's, else none in particular."""
    return _KINDS.get(entry.mechanism_no or 0, GENERAL)


def demands(entry: Entry) -> tuple[str, ...]:
    """Return the proofs that an entry demands, one by one."""
    return tuple(part.strip() for part in _LISTED.split(entry.evidence) if part.strip())


def rule_of(entry: Entry, year: int) -> tuple[Rule, list[str]]:
    """Return the rule of an entry and what was read into it; raises Unreadable."""
    match entry.type:
        case "recurring":
            return _recurring(entry)
        case "deadline" | "target":
            return _deadline(entry, year)
        case "vague":
            return _vague(entry, year)
        case "event":
            words = entry.trigger_zh or entry.printed_zh or entry.what_zh
            return Occasional(kinds=_occasions(words), words=words), []
        case _:
            raise Unreadable("type", "must be one of recurring, deadline, target, vague, event")


def _recurring(entry: Entry) -> tuple[Rule, list[str]]:
    if entry.active_window is not None:
        return _season(entry.active_window)
    frequency = entry.frequency or ""
    if _PLAIN.fullmatch(frequency) or not frequency:
        if entry.period not in PERIODS:
            raise Unreadable("period", f"must be one of {', '.join(PERIODS)}")
        return Quota(period=PERIODS[entry.period][0], count=entry.min_count or 1), []
    try:
        if recurrence.names_days(frequency):
            return Recurrence(rrule=recurrence.normalised(frequency)), []
        # Months without a day: done in the month, by its last day.
        return Recurrence(rrule=recurrence.normalised(f"{frequency};BYMONTHDAY=-1")), [Reading.UNTIL_LAST_DAY.value]
    except BadRule as error:
        raise Unreadable("frequency", str(error)) from error


def _deadline(entry: Entry, year: int) -> tuple[Rule, list[str]]:
    assumed = [Reading.YEAR_END.value] if entry.type == "target" else []
    opens_on = None
    if entry.window is not None:
        opens_on = _day(entry.window.partition("/")[0], "window")
    frequency = entry.frequency or ""
    if _ISO_DAY.fullmatch(frequency):
        return Deadline(due_on=_day(frequency, "frequency"), opens_on=opens_on), assumed
    return Deadline(due_on=_only_day(frequency, year, "frequency"), opens_on=opens_on), [
        *assumed,
        Reading.MASKED_YEAR.value,
    ]


def _vague(entry: Entry, year: int) -> tuple[Rule, list[str]]:
    printed = entry.printed_zh or entry.what_zh
    meant = entry.suggested_default or ""
    if meant in PERIODS:
        period, words = PERIODS[meant]
        return Quota(period=period, count=entry.min_count or 1), [reading_of_interval(printed, words)]
    if meant.startswith("FREQ="):
        due_on = _only_day(meant, year, "suggested_default")
        return Deadline(due_on=due_on), [reading_of_interval(printed, due_on.isoformat())]
    return Unscheduled(words=printed), []


def _season(text: str) -> tuple[Rule, list[str]]:
    found = _SEASON.fullmatch(text)
    if found is None:
        raise Unreadable("active_window", "must read MM-DD/MM-DD")
    opens, closes, beside = found.groups()
    assumed = [f"时段{opens}至{closes}为推定"] if "assumed" in beside else []
    return Season(opens=opens, closes=closes), assumed


def _occasions(trigger: str) -> tuple[OccasionKind, ...]:
    """Return at what kinds of occasion a trigger fires: holidays and events by their words, anything else by hand."""
    kinds = [
        kind
        for kind, words in ((OccasionKind.HOLIDAY, _HOLIDAY), (OccasionKind.EVENT, _EVENT))
        if words.search(trigger)
    ]
    return tuple(kinds) or (OccasionKind.OTHER,)


def _only_day(rule: str, year: int, field: str) -> date:
    try:
        found = recurrence.days(rule, date(year, 1, 1), date(year, 1, 1), date(year, 12, 31))
    except BadRule as error:
        raise Unreadable(field, str(error)) from error
    if len(found) != 1:
        raise Unreadable(field, "must name one day of the year")
    return found[0]


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(field, "must be a date, YYYY-MM-DD") from error
