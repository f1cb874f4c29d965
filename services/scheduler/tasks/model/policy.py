"""A city's policy on tasks, as data: when units are reminded of which kind, and how long a returned task has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from duban_contracts.deadlines.calendar import CityDays

_Days = Annotated[int, Meta(ge=0, le=365)]
_DAY = timedelta(days=1)


class KindReminders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reminders of one kind of task: whole days before the last day, and whole days after it (null: none)."""

    before: tuple[_Days, ...] = (3,)
    after: Annotated[int, Meta(ge=1, le=365)] | None = 1


class TaskPolicyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tasks.json: reminders go out at `time` (local) on a working day, by kind; `returned_days` is what a return gives."""

    time: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "09:00"
    default: KindReminders = KindReminders()
    kinds: dict[str, KindReminders] = {}
    returned_days: Annotated[int, Meta(ge=1, le=90)] = 3


@dataclass(frozen=True, slots=True)
class TaskPolicy:
    """How the city counts days, and its policy on tasks."""

    days: CityDays
    time: time
    default: KindReminders
    kinds: Mapping[str, KindReminders]
    returned_days: int

    def before(self, kind: str, due_at: datetime) -> dict[int, datetime]:
        """Return days before -> instant of the reminders ahead of `due_at`, on the working day before a day off."""
        return self.days.reminders(due_at, self._of(kind).before, self.time)

    def after(self, kind: str, due_at: datetime) -> datetime | None:
        """Return the instant of the one reminder after `due_at`, on a working day; None where the kind has none."""
        days = self._of(kind).after
        if days is None:
            return None
        day = self.days.calendar.next_workday(self.days.last_day(due_at) + days * _DAY)
        return self.days.zone.at(day, self.time)

    def again_on(self, today: date) -> date:
        """Return until when something that is returned today has to be submitted again, where nobody says."""
        return self.days.calendar.next_workday(today + self.returned_days * _DAY)

    def _of(self, kind: str) -> KindReminders:
        return self.kinds.get(kind, self.default)


def policy_of(days: CityDays, file: TaskPolicyFile) -> TaskPolicy:
    """Return the policy of a city that counts `days` and has this tasks.json."""
    return TaskPolicy(days, time.fromisoformat(file.time), file.default, file.kinds, file.returned_days)
