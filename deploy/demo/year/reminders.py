"""Which reminders must have gone out, reckoned from tasks.json, the calendar, and the days on which something was owed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Self

from deploy.demo.year.reckoning import Reckoned, local, over_at

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class ReminderPolicy:
    """How the city reminds: at which hour, so many days before and after by kind of task, and on which days nobody works."""

    hour: time
    default: Mapping[str, Any]
    kinds: Mapping[str, Mapping[str, Any]]
    off: frozenset[date]
    worked: frozenset[date]

    @classmethod
    def of(cls, profile: Path) -> Self:
        """Read the profile's files."""
        policy = json.loads((profile / "tasks.json").read_bytes())
        days = json.loads((profile / "calendar.json").read_bytes())
        return cls(
            time.fromisoformat(policy["time"]),
            policy["default"],
            policy["kinds"],
            frozenset(map(date.fromisoformat, days["holidays"])),
            frozenset(map(date.fromisoformat, days["workdays"])),
        )

    def reminders(self, reckoned: Reckoned) -> Iterator[tuple[int, str]]:
        """Yield deadline and kind of every reminder: its moment lies in a time in which the task was owed."""
        asked = self.kinds.get(reckoned.due.kind, self.default)
        for owed in reckoned.owed:
            for days in asked["before"]:
                moment = self._moment(owed.due_on - days * _DAY, -_DAY)
                if owed.since < moment < min(owed.until, over_at(owed.due_on)):
                    yield owed.number, "due_soon"
            if owed.since < self._moment(owed.due_on + asked["after"] * _DAY, _DAY) < owed.until:
                yield owed.number, "reminded"

    def _moment(self, day: date, step: timedelta) -> datetime:
        while not self._is_worked(day):
            day += step
        return local(day, self.hour)

    def _is_worked(self, day: date) -> bool:
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)
