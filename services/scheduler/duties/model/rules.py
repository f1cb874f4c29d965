"""The rules by which a duty falls due, and the occurrences that follow from each.

RRULE can say "on the 5th of December"; it can't say "at least once a quarter, whenever" (a quota, due on the period's
last day), "from May to October" (a season) or "at every holiday" (an occasion). Each rule says all of its occurrences
in a stretch of days; an occurrence has a name that never changes, from which the ids of its tasks follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.types import ShortText
from services.scheduler.duties.model import recurrence
from services.scheduler.duties.model.occasions import Occasion, OccasionKind
from services.scheduler.duties.model.periods import Period, last_of_month, span_of, spans
from services.scheduler.duties.model.recurrence import ONE_DAY

_MONTH_DAY: Final = r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
MonthDay = Annotated[str, Meta(pattern=_MONTH_DAY, min_length=5, max_length=5, description="MM-DD, of every year")]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a duty falls due: the period it belongs to, and from when until when (inclusive) it is done.

    `ordinal` counts where one period asks for several.
    """

    period: str
    period_start: date
    period_end: date
    opens_on: date
    due_on: date
    ordinal: int = 1


class Quota(msgspec.Struct, frozen=True, kw_only=True, tag="quota", tag_field="by"):
    """不少于 `count` 次 in every calendar period: done anywhere in it, due on its last day (DOMAIN §4).

    Four a year is not one a quarter: the first is due four times on 31 December. `anchor` is a year in which a period
    of five years begins.
    """

    period: Period
    count: Annotated[int, Meta(ge=1, le=100)] = 1
    anchor: Annotated[int, Meta(ge=1950, le=2999)] = 2021


class Recurrence(msgspec.Struct, frozen=True, kw_only=True, tag="recurrence", tag_field="by"):
    """On the days of an RRULE (RFC 5545), each inclusive: 每月1日前, 每年12月5日前.

    `since` is the day from which an INTERVAL above 1 counts. The time for an occurrence begins the day after the one
    before it.
    """

    rrule: Annotated[str, Meta(min_length=8, max_length=200)]
    since: date | None = None


class Deadline(msgspec.Struct, frozen=True, kw_only=True, tag="deadline", tag_field="by"):
    """Once, until a printed date, inclusive: X月底前, 年底前, D日前. `opens_on` is the first day where one is printed."""

    due_on: date
    opens_on: date | None = None


class DaysOfYear(msgspec.Struct, frozen=True, kw_only=True):
    """From one day of the year to another, both inclusive, such as May to October; it may reach into the next year."""

    opens: MonthDay
    closes: MonthDay


class Season(DaysOfYear, frozen=True, kw_only=True, tag="season", tag_field="by"):
    """Once in every season between two days of the year."""


class Occasional(msgspec.Struct, frozen=True, kw_only=True, tag="occasion", tag_field="by"):
    """At every occasion of these kinds: holidays of the calendar, events that somebody enters. `words` is the trigger."""

    kinds: Annotated[tuple[OccasionKind, ...], Meta(min_length=1, max_length=3)]
    words: ShortText | None = None


class Unscheduled(msgspec.Struct, frozen=True, kw_only=True, tag="unscheduled", tag_field="by"):
    """Printed without anything that a date follows from; it is kept and shown, and no task is made up from it."""

    words: ShortText


Rule = Quota | Recurrence | Deadline | Season | Occasional | Unscheduled


def occurrences(
    rule: Rule, first: date, last: date, *, duty_id: str, occasions: Iterable[Occasion] = ()
) -> Iterator[Occurrence]:
    """Yield what falls due by `rule` in periods that overlap the days from `first` to `last`, in order.

    Raises BadRule for an RRULE that can't be expanded.
    """
    match rule:
        case Quota():
            yield from _quota(rule, first, last)
        case Recurrence():
            yield from _recurrence(rule, first, last)
        case Deadline():
            opens_on = min(rule.opens_on or first, rule.due_on)
            if rule.due_on >= first and opens_on <= last:
                yield Occurrence(str(rule.due_on.year), opens_on, rule.due_on, opens_on, rule.due_on)
        case Season():
            yield from _season(rule, first, last)
        case Occasional():
            for each in sorted(occasions, key=lambda one: (one.starts_on, one.occasion_id)):
                if each.calls(duty_id, rule.kinds) and each.ends_on >= first and each.starts_on <= last:
                    starts, ends = each.starts_on, each.ends_on
                    yield Occurrence(each.occasion_id, starts, ends, starts, ends)
        case Unscheduled():
            return


def _quota(rule: Quota, first: date, last: date) -> Iterator[Occurrence]:
    for span in spans(rule.period, first, last, anchor=rule.anchor):
        opens_on = max(span.start, first)
        for ordinal in range(1, rule.count + 1):
            yield Occurrence(span.key, span.start, span.end, opens_on, span.end, ordinal)


def _recurrence(rule: Recurrence, first: date, last: date) -> Iterator[Occurrence]:
    period = recurrence.period_of(rule.rrule)
    since = rule.since or date(first.year - 1, 1, 1)
    # From the start of a period, or the second occurrence of a month would be taken for its first.
    begins = span_of(period, first).start
    numbers: dict[str, int] = {}
    before = recurrence.day_before(rule.rrule, since, begins)
    for day in recurrence.days(rule.rrule, since, begins, last):
        span = span_of(period, day)
        numbers[span.key] = numbers.get(span.key, 0) + 1
        opens_on = max(first, before + ONE_DAY if before else first)
        before = day
        if day >= first:
            yield Occurrence(span.key, span.start, span.end, opens_on, day, numbers[span.key])


def _season(rule: Season, first: date, last: date) -> Iterator[Occurrence]:
    for year in range(first.year - 1, last.year + 1):
        opens_on, due_on = season_of(rule, year)
        if due_on >= first and opens_on <= last:
            yield Occurrence(str(year), opens_on, due_on, max(opens_on, first), due_on)


def season_of(rule: DaysOfYear, year: int) -> tuple[date, date]:
    """Return the first and last day of the season that begins in `year`."""
    ends = year + 1 if rule.closes < rule.opens else year
    return _day(rule.opens, year), _day(rule.closes, ends)


def _day(month_day: str, year: int) -> date:
    month, day = map(int, month_day.split("-"))
    return min(date(year, month, 1) + (day - 1) * ONE_DAY, last_of_month(year, month))
