"""Recurrence as RFC 5545 writes it (RRULE), expanded by python-dateutil on the city's calendar days.

Days are counted without hours and zones: an occurrence is a day, whose instants the calendar gives. What people mean by
"every month on the 31st" is the last day of a shorter month, while the RFC leaves that month out; such a rule is
written as the RFC's own idiom for it, so that nothing drifts and no month is lost.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Final

from dateutil.rrule import rrule, rrulestr

from services.scheduler.duties.model.periods import Period

# The calendar repeats itself: what falls on no day of the last forty years that there are falls on none at all, and the
# search for it ends with them.
_SOME_DAY: Final = date(9960, 1, 1)
# After which dates fall on the same weekdays again.
_CYCLE: Final = timedelta(days=28 * 366)
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MONTHS: Final = 12
_SHORTEST_MONTH: Final = 28
_LONGEST_MONTH: Final = 31
_PERIODS: Final = {"DAILY": Period.DAY, "WEEKLY": Period.WEEK, "MONTHLY": Period.MONTH, "YEARLY": Period.YEAR}
_COUNTED: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
# What may stand beside each frequency. Others are no rule of an office, and some would be searched for until the year
# 9999: the 30th of February, day by day.
_BESIDE: Final = {
    "DAILY": frozenset({"BYDAY", "BYMONTH"}),
    "WEEKLY": frozenset({"BYDAY", "BYMONTH"}),
    "MONTHLY": frozenset({"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"}),
    "YEARLY": frozenset({"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYYEARDAY", "BYWEEKNO"}),
}
_LIMITS: Final = {
    "INTERVAL": 1000,
    "COUNT": 1000,
    "BYMONTH": 12,
    "BYMONTHDAY": 31,
    "BYYEARDAY": 366,
    "BYWEEKNO": 53,
    "BYSETPOS": 366,
}
# Counted from behind, a month or an interval is nothing.
_POSITIVE: Final = frozenset({"INTERVAL", "COUNT", "BYMONTH"})
# Without one of these the day of an occurrence would follow from the day on which somebody began to count.
_DAYS: Final = frozenset({"BYMONTHDAY", "BYDAY", "BYYEARDAY", "BYSETPOS"})


class BadRule(ValueError):
    """The text is no RRULE that says on which days something is due."""


def parts_of(text: str) -> dict[str, str]:
    """Return the parts of an RRULE by name; raises BadRule for what is none of RFC 5545's by days."""
    parts: dict[str, str] = {}
    for part in text.removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if not value or name in parts:
            raise BadRule(f"{part or text}: no part of an RRULE, or there twice")
        parts[name] = value
    if parts.get("FREQ") not in _PERIODS:
        raise BadRule("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY")
    for name, value in parts.items():
        if name not in _COUNTED | _BESIDE[parts["FREQ"]]:
            raise BadRule(f"{name} does not go with FREQ={parts['FREQ']}")
        if name in _LIMITS and not all(_within(number, _LIMITS[name]) for number in value.split(",")):
            raise BadRule(f"{name} must be numbers up to {_LIMITS[name]}")
        if name == "WKST" and value not in _WEEKDAYS:
            raise BadRule(f"WKST must be one of {', '.join(_WEEKDAYS)}")
        if name in _POSITIVE and "-" in value:
            raise BadRule(f"{name} must be positive")
    return parts


def _within(number: str, limit: int) -> bool:
    return number.removeprefix("-").isdecimal() and 0 < int(number.removeprefix("-")) <= limit


def period_of(text: str) -> Period:
    """Return the calendar period by which the occurrences of a rule are named."""
    return _PERIODS[parts_of(text)["FREQ"]]


def names_days(text: str) -> bool:
    """Return whether the rule itself says on which days; `FREQ=MONTHLY;INTERVAL=3` doesn't, and is a quota."""
    parts = parts_of(text)
    return parts["FREQ"] == "DAILY" or bool(_DAYS & parts.keys())


def normalised(text: str) -> str:
    """Return the rule with the last day of a month in place of a day that some months lack; raises BadRule.

    Whether an INTERVAL ever meets a day that the rule names depends on the day from which it counts: `falls`.
    """
    rule = _without_gaps(text)
    _expansion(rule, _SOME_DAY)
    if not _falls_at_all(_every_time(rule)):
        raise BadRule(f"{text}: falls on no day")
    return rule


@lru_cache(maxsize=1024)
def falls(text: str, since: date) -> bool:
    """Return whether the rule, counted from `since`, falls on a day within 28 years; raises BadRule.

    Looked for among the days of the rule without its INTERVAL, of which there are always more: an INTERVAL that meets none
    of them would be searched for until the year 9999, by every planning.
    """
    rule = _without_gaps(text)
    every = _every_time(rule)
    if not _falls_at_all(every):
        return False
    parts = parts_of(rule)
    interval, begins = int(parts.get("INTERVAL", "1")), _place(parts, since)
    until = _midnight(since) + _CYCLE
    found = takewhile(lambda each: each <= until, _expansion(every, since))
    return any((_place(parts, each.date()) - begins) % interval == 0 for each in found)


def _falls_at_all(rule: str) -> bool:
    return _expansion(rule, _SOME_DAY).after(_midnight(_SOME_DAY), inc=True) is not None


def _every_time(rule: str) -> str:
    """Return the rule without what makes it count: it falls on all days of which the rule falls on some."""
    parts = {name: value for name, value in parts_of(rule).items() if name not in {"INTERVAL", "COUNT", "UNTIL"}}
    return _text(parts)


def _place(parts: dict[str, str], day: date) -> int:
    """Return the how many-th day, week, month or year it is in which `day` lies, as INTERVAL counts them."""
    match parts["FREQ"]:
        case "DAILY":
            return day.toordinal()
        case "WEEKLY":
            return (day.toordinal() - 1 - _WEEKDAYS.index(parts.get("WKST", "MO"))) // len(_WEEKDAYS)
        case "MONTHLY":
            return day.year * _MONTHS + day.month
        case _:
            return day.year


def _text(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _without_gaps(text: str) -> str:
    parts = parts_of(text)
    one_month = parts["FREQ"] == "MONTHLY" or (parts["FREQ"] == "YEARLY" and parts.get("BYMONTH", ",").isdigit())
    day = parts.get("BYMONTHDAY", "")
    if one_month and day.isdigit() and _SHORTEST_MONTH < int(day) <= _LONGEST_MONTH and "BYSETPOS" not in parts:
        parts["BYMONTHDAY"] = ",".join(map(str, range(_SHORTEST_MONTH, int(day) + 1)))
        parts["BYSETPOS"] = "-1"
    return _text(parts)


def days(text: str, since: date, first: date, last: date) -> list[date]:
    """Return the days from `first` to `last` (inclusive) on which the rule, counted from `since`, falls.

    `since` itself is an occurrence when the rule falls on it: the first one must not be lost.
    """
    if not falls(text, since):
        return []
    rule = _expansion(_without_gaps(text), since)
    found = rule.between(_midnight(first), _midnight(last), inc=True)
    return [each.date() for each in found]


def day_before(text: str, since: date, day: date) -> date | None:
    """Return the last occurrence before `day`, or None when it is the first."""
    if not falls(text, since):
        return None
    found = _expansion(_without_gaps(text), since).before(_midnight(day))
    return found.date() if found else None


def _expansion(text: str, since: date) -> rrule:
    try:
        rule = rrulestr(text, dtstart=_midnight(since))
    except (ValueError, TypeError, KeyError) as error:
        raise BadRule(f"{text}: {error}") from error
    if not isinstance(rule, rrule):
        raise BadRule(f"{text}: must be one RRULE")
    return rule


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


ONE_DAY: Final = timedelta(days=1)
