"""A city's policy on hazard clocks: how it counts days, and when reminders go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from duban_contracts.deadlines.calendar import CityDays, Reminders
from duban_contracts.events.types import Grade


@dataclass(frozen=True, slots=True)
class Policy:
    """Deadline and reminder policy. `reminder_days` counts whole days before the last day; `reminder_time` is local."""

    days: CityDays
    reminder_days: Mapping[Grade, tuple[int, ...]]
    reminder_time: time

    def reminders(self, grade: Grade | None, due_at: datetime) -> dict[int, datetime]:
        """Return days before -> instant for a deadline that passes at `due_at`; no grade counts as general."""
        return self.days.reminders(due_at, self.reminder_days.get(grade or Grade.GENERAL, ()), self.reminder_time)


def policy_of(days: CityDays, reminders: Reminders) -> Policy:
    """Return the policy of a city that counts `days` and has this part of policy.json."""
    by_grade = {grade: tuple(days_before) for grade, days_before in reminders.days_before.items()}
    return Policy(days, by_grade, time.fromisoformat(reminders.time))
