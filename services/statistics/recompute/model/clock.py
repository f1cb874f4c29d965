"""The deadline of a hazard, reckoned again.

It ends with its day, moved where the city moves days off; it stands still while a 整改完成 is reviewed, and a return gives
back what was left, up to the end of a day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Final

# China has one zone and no summer time: eight hours ahead of UTC, all year.
CHINA: Final = timezone(timedelta(hours=8))
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=CHINA)
_FRIDAY: Final = 4
_STEPS: Final = {"none": 0, "previous_workday": -1, "next_workday": 1}


@dataclass(frozen=True)
class Days:
    """A city's days: holidays, weekend days that are worked, and where a deadline on a day off goes (`roll`)."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    roll: str = "none"

    def end(self, day: date, at: datetime) -> datetime:
        """Return when a deadline that was set to `day` at `at` is over; raises KeyError for a roll that is unknown here.

        It stays where it was set rather than move to before the day on which that happened.
        """
        moved, step = day, timedelta(days=_STEPS[self.roll])
        while step and not (moved in self.worked or (moved.weekday() <= _FRIDAY and moved not in self.off)):
            moved += step
        return _after(day if moved < at.astimezone(CHINA).date() else moved)


PLAIN_DAYS: Final = Days()


@dataclass
class Clock:
    """The deadline in force: `due` is when it passes, `spent` when the time allowed is used up to the microsecond.

    `counted` is where the last turn of the clock lies; nothing counts before it. `missed` are the last days of deadlines that
    passed and were followed by another; one that was wrong is not among them.
    """

    days: Days
    due: datetime | None = None
    spent: datetime = _BEFORE_ALL
    counted: datetime = _BEFORE_ALL
    paused: datetime | None = None
    runs: bool = False
    passed: bool = False
    merged: bool = False
    missed: list[date] = field(default_factory=list)

    @property
    def was_late(self) -> bool:
        """Return whether any deadline passed, this one or one before it."""
        return self.passed or bool(self.missed)

    @property
    def last_day(self) -> date | None:
        """Return the last day that is over when the deadline passes."""
        return self.due and (self.due - timedelta(microseconds=1)).astimezone(CHINA).date()

    @property
    def days_of_deadlines(self) -> list[date]:
        """Return the last day of the deadline in force, and of those before it that passed."""
        return self.missed if self.last_day is None else [*self.missed, self.last_day]

    def turn(self, what: str, at: datetime, day: date | None) -> None:
        """Note that `what` happened at `at`; `day` is the deadline that the hazard has after it."""
        late = self.runs and self.due is not None and at > self.due
        if what in {"confirmed", "reopened"} and day is not None:
            self._keep(passed=self.passed or late)
            self._set(self.days.end(day, at), at)
        elif what == "extended" and day is not None and (self.runs or self.paused):
            kept = self.due is not None and not (self.passed or late)
            self._keep(passed=not kept)
            fresh = self.days.end(day, at)
            self.due = max(fresh, self.due) if kept and self.due else fresh
            self.spent, self.passed = max(fresh, self.spent) if kept else fresh, False
            self.counted = max(at, self.counted)
        elif what == "deadline_corrected" and day is not None and (self.runs or self.paused):
            # The day before it was wrong and so never passed; the right one counts as it is.
            self.due = self.spent = self.days.end(day, at)
            self.passed, self.counted = False, max(at, self.counted)
        elif what == "submitted" and self.runs:
            self.passed = self.passed or late
            self.runs, self.paused = False, max(at, self.counted)
            self.counted = self.paused
        elif what == "returned" and self.paused:
            self._resume(self.paused, max(at, self.counted))
        elif what == "unmerged" and self.merged:
            self._take_up(max(at, self.counted))
        elif what in {"closed", "rejected", "merged"} or (what == "overdue" and late):
            self.passed = self.passed or late
            self.merged = what == "merged" and self.due is not None
            self.runs, self.paused = self.runs and what == "overdue", None
            self.counted = max(at, self.counted)

    def _set(self, due: datetime, at: datetime) -> None:
        self.due, self.spent, self.counted = due, due, max(at, self.counted)
        self.runs, self.paused, self.passed = True, None, False

    def _keep(self, *, passed: bool) -> None:
        """Note the day of a deadline that another one follows, if it `passed`."""
        if passed and self.last_day is not None:
            self.missed.append(self.last_day)

    def _take_up(self, at: datetime) -> None:
        """Run on after another hazard had gone on for this one: its own day, or the present one if that is over."""
        self.runs, self.merged, self.counted = True, False, at
        if not self.passed and self.due is not None and self.due <= at:
            self.spent, self.due = at, _after(at.astimezone(CHINA).date())

    def _resume(self, paused: datetime, at: datetime) -> None:
        left = max(self.spent - paused, timedelta())
        self.runs, self.paused, self.counted = True, None, at
        if self.passed:
            return
        self.spent = at + left
        day = self.spent.astimezone(CHINA).date()
        midnight = _after(day - timedelta(days=1))
        self.due = midnight if left and midnight == self.spent else _after(day)


def _after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), CHINA)
