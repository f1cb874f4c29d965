"""The working calendar of a city: weekends, public holidays, and 调休 days on which a weekend is worked."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
# Longer than any run of days off; a calendar in which nobody ever works is refused instead of searched for ever.
_LONGEST_BREAK: Final = 60


class Roll(enum.StrEnum):
    """Where a deadline goes that falls on a day off (DOMAIN §4; no source document moves it, so `none` is usual)."""

    NONE = "none"
    PREVIOUS_WORKDAY = "previous_workday"
    NEXT_WORKDAY = "next_workday"


class CalendarError(ValueError):
    """A working calendar contradicts itself; the message names the day."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Days off and days on, by year.

    `years` are the years for which the State Council's notice is entered. Outside them only weekends are known:
    `covers` says so, and whoever relies on a day should warn.
    """

    years: frozenset[int]
    holidays: Mapping[date, str]
    workdays: Mapping[date, str]

    def __post_init__(self) -> None:
        """Raise CalendarError when a day is both off and on, or belongs to a year that is not declared."""
        if both := sorted(self.holidays.keys() & self.workdays.keys()):
            raise CalendarError(f"{both[0]} is entered both as a holiday and as a working day")
        for day in sorted(self.holidays.keys() | self.workdays.keys()):
            if day.year not in self.years:
                raise CalendarError(f"{day} is entered, but {day.year} is not among the calendar's years")

    def covers(self, day: date) -> bool:
        """Return whether the holidays of that day's year are known."""
        return day.year in self.years

    def is_workday(self, day: date) -> bool:
        """Return whether `day` is worked: an entered day as entered, any other when it is no weekend."""
        if day in self.workdays:
            return True
        return day not in self.holidays and day.weekday() < _SATURDAY

    def previous_workday(self, day: date) -> date:
        """Return `day` when it is worked, otherwise the nearest worked day before it."""
        return self._search(day, -_DAY)

    def next_workday(self, day: date) -> date:
        """Return `day` when it is worked, otherwise the nearest worked day after it."""
        return self._search(day, _DAY)

    def roll(self, day: date, roll: Roll) -> date:
        """Return the day on which a deadline set to `day` counts."""
        match roll:
            case Roll.PREVIOUS_WORKDAY:
                return self.previous_workday(day)
            case Roll.NEXT_WORKDAY:
                return self.next_workday(day)
            case Roll.NONE:
                return day

    def _search(self, day: date, step: timedelta) -> date:
        for _ in range(_LONGEST_BREAK):
            if self.is_workday(day):
                return day
            day += step
        raise CalendarError(f"no working day within {_LONGEST_BREAK} days of {day}")
