"""A city's policy on deadlines: whether they roll to a working day, and when reminders go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from duban_contracts.events.types import Grade
from services.scheduler.domain import instants
from services.scheduler.domain.calendar import Roll, WorkingCalendar


@dataclass(frozen=True, slots=True)
class Policy:
    """Deadline and reminder policy of a city profile.

    `reminder_days` counts whole days before the last day; `reminder_time` is local. A city office starts at nine, and
    a reminder at midnight of a holiday is read by nobody.
    """

    calendar: WorkingCalendar
    roll: Roll
    reminder_days: Mapping[Grade, tuple[int, ...]]
    reminder_time: time

    def passes_at(self, deadline_on: date) -> datetime:
        """Return the instant at which a deadline passes: when its last day, rolled if the city rolls, is over."""
        return instants.end_of(self.calendar.roll(deadline_on, self.roll))

    def reminders(self, grade: Grade | None, due_at: datetime) -> dict[int, datetime]:
        """Return days before -> instant for a deadline that passes at `due_at`.

        A reminder that falls on a day off goes out on the working day before it. When two fall on the same moment,
        only the nearer one stays.
        """
        last_day = instants.last_day_before(due_at)
        chosen: dict[datetime, int] = {}
        for days in sorted(self.reminder_days.get(grade or Grade.GENERAL, ()), reverse=True):
            day = self.calendar.previous_workday(date.fromordinal(last_day.toordinal() - days))
            chosen[instants.at_local(day, self.reminder_time)] = days
        return {days: moment for moment, days in chosen.items()}


def days_left(due_at: datetime, now: datetime) -> int:
    """Return the whole days that remain at `now`, counting the deadline's own day as one."""
    return (instants.last_day_before(due_at) - instants.day_of(now)).days + 1
