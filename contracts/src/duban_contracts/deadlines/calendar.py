"""The city's calendar and its policy on days: which days are worked, when a deadline passes, when a reminder goes out."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec

from duban_contracts.days import Zone
from duban_contracts.events.types import Grade
from duban_contracts.profile import ProfileError, read

_DAY: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)
_SATURDAY: Final = 5
# Longer than any run of days off; a calendar in which nobody ever works is refused instead of searched for ever.
_LONGEST_BREAK: Final = 60

CALENDAR: Final = "calendar.json"
POLICY: Final = "policy.json"


class Roll(enum.StrEnum):
    """Where a deadline goes that falls on a day off (DOMAIN §4; no source document moves it, so `none` is usual)."""

    NONE = "none"
    PREVIOUS_WORKDAY = "previous_workday"
    NEXT_WORKDAY = "next_workday"


class UnusableCalendar(ValueError):
    """A working calendar contradicts itself; the message names the day."""


class CalendarFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calendar.json: `holidays` are days off, `workdays` weekend days that are worked (调休); day -> occasion."""

    source: str
    years: list[int]
    holidays: dict[date, str]
    workdays: dict[date, str]


class Reminders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When 到期提醒 goes out: at `time` (local), `days_before` the last day, by grade."""

    time: Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    days_before: dict[Grade, list[Annotated[int, msgspec.Meta(ge=0, le=365)]]]


class PolicyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """policy.json: `roll` says what happens to a deadline that falls on a day off. Each reader takes its part."""

    roll: Roll = Roll.NONE
    reminders: Reminders


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
        """Raise UnusableCalendar when a day is both off and on, or belongs to a year that is not declared."""
        if both := sorted(self.holidays.keys() & self.workdays.keys()):
            raise UnusableCalendar(f"{both[0]} is entered both as a holiday and as a working day")
        for day in sorted(self.holidays.keys() | self.workdays.keys()):
            if day.year not in self.years:
                raise UnusableCalendar(f"{day} is entered, but {day.year} is not among the calendar's years")

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

    def _search(self, start: date, step: timedelta) -> date:
        for days in range(_LONGEST_BREAK):
            day = start + days * step
            if self.is_workday(day):
                return day
        raise UnusableCalendar(f"no working day within {_LONGEST_BREAK} days of {start}")


@dataclass(frozen=True, slots=True)
class CityDays:
    """How a city counts days: its zone, its working calendar, and where a deadline on a day off goes."""

    zone: Zone
    calendar: WorkingCalendar
    roll: Roll = Roll.NONE

    def passes_at(self, deadline_on: date, set_at: datetime) -> datetime:
        """Return the instant at which a deadline passes that was set at `set_at`: when its last day, rolled, is over.

        No roll takes a deadline to before the day on which it was set: it would have passed when it was told.
        """
        rolled = self.calendar.roll(deadline_on, self.roll)
        return self.zone.end_of_day(rolled if rolled >= self.zone.day_of(set_at) else deadline_on)

    def end_of_day_at(self, instant: datetime) -> datetime:
        """Return the instant at which the day of `instant` is over; the first instant of a day belongs to that day."""
        return self.zone.end_of_day(self.zone.day_of(instant))

    def up_to_midnight(self, instant: datetime) -> datetime:
        """Return `instant` moved up to the next start of a day, or itself when it is one."""
        start = self.zone.start_of_day(self.zone.day_of(instant))
        return start if start == instant else self.end_of_day_at(instant)

    def last_day(self, due_at: datetime) -> date:
        """Return the last day that is over at `due_at`: a deadline's own day when it passes then."""
        return self.zone.day_of(due_at - _INSTANT)

    def days_left(self, due_at: datetime, now: datetime) -> int:
        """Return the whole days that remain at `now`, counting the deadline's own day as one."""
        return (self.last_day(due_at) - self.zone.day_of(now)).days + 1

    def reminders(self, due_at: datetime, days_before: Iterable[int], moment: time) -> dict[int, datetime]:
        """Return days before -> instant, at local `moment`, for a deadline that passes at `due_at`.

        A reminder that falls on a day off goes out on the working day before it: one at midnight of a holiday is read
        by nobody. When two fall on the same day, only the nearer one stays.
        """
        last_day = self.last_day(due_at)
        chosen: dict[date, int] = {}
        for days in sorted(days_before, reverse=True):
            chosen[self.calendar.previous_workday(last_day - timedelta(days=days))] = days
        return {days: self.zone.at(day, moment) for day, days in chosen.items()}

    def covered_until(self) -> datetime | None:
        """Return the instant after which only weekends are known; None when no year is entered."""
        years = self.calendar.years
        return self.zone.end_of_day(date(max(years), 12, 31)) if years else None


def load_calendar(profile: Path) -> WorkingCalendar:
    """Read calendar.json; raises ProfileError."""
    path = profile / CALENDAR
    document = read(path, CalendarFile)
    try:
        return WorkingCalendar(frozenset(document.years), document.holidays, document.workdays)
    except UnusableCalendar as error:
        raise ProfileError(path, "$", str(error)) from error


def load_policy(profile: Path) -> PolicyFile:
    """Read policy.json; raises ProfileError."""
    return read(profile / POLICY, PolicyFile)


def load_days(profile: Path, zone: Zone) -> CityDays:
    """Read both files and return how the city counts days; raises ProfileError."""
    return CityDays(zone, load_calendar(profile), load_policy(profile).roll)
