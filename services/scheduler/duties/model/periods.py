"""Calendar periods: the spans in which a quota has to be filled, each with a name that never changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

_DAY: Final = timedelta(days=1)
_MONTHS: Final = 12
_LUSTRUM: Final = 5


class Period(StrEnum):
    """The calendar periods of printed quotas: 每日, 每周, 每月, 每两个月, 每季度, 每半年, 每年, 每五年.

    Weeks are those of ISO 8601: they begin on Monday, and the first one of a year holds its first Thursday. Half-years
    are January to June and July to December.
    """

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TWO_MONTHS = "two_months"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    FIVE_YEARS = "five_years"


_LENGTH: Final = {Period.MONTH: 1, Period.TWO_MONTHS: 2, Period.QUARTER: 3, Period.HALF_YEAR: 6, Period.YEAR: 12}
_SIGN: Final = {Period.TWO_MONTHS: "B", Period.QUARTER: "Q", Period.HALF_YEAR: "H"}


@dataclass(frozen=True, slots=True)
class Span:
    """One calendar period: its name (`2024-Q2`) and its first and last day, both inclusive."""

    key: str
    start: date
    end: date


def last_of_month(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year + month // _MONTHS, month % _MONTHS + 1, 1) - _DAY


def span_of(period: Period, day: date, *, anchor: int = 1) -> Span:
    """Return the period of that kind in which `day` lies; `anchor` is a year in which five years begin."""
    match period:
        case Period.DAY:
            return Span(day.isoformat(), day, day)
        case Period.WEEK:
            year, week, weekday = day.isocalendar()
            monday = day - timedelta(days=weekday - 1)
            return Span(f"{year}-W{week:02}", monday, monday + timedelta(days=6))
        case Period.FIVE_YEARS:
            first = day.year - (day.year - anchor) % _LUSTRUM
            return Span(f"{first}-{first + _LUSTRUM - 1}", date(first, 1, 1), date(first + _LUSTRUM - 1, 12, 31))
        case _:
            return _months(period, day)


def spans(period: Period, first: date, last: date, *, anchor: int = 1) -> Iterator[Span]:
    """Yield the periods that overlap the days from `first` to `last`, in order."""
    day = first
    while day <= last:
        span = span_of(period, day, anchor=anchor)
        yield span
        day = span.end + _DAY


def _months(period: Period, day: date) -> Span:
    length = _LENGTH[period]
    number = (day.month - 1) // length
    start = date(day.year, number * length + 1, 1)
    end = last_of_month(day.year, (number + 1) * length)
    match period:
        case Period.MONTH:
            key = f"{day.year}-{day.month:02}"
        case Period.YEAR:
            key = str(day.year)
        case _:
            key = f"{day.year}-{_SIGN[period]}{number + 1}"
    return Span(key, start, end)
