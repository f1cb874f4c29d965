"""What must have come of the year, reckoned from the printed table, the calendar and the people's own notes.

It shares no code with the scheduler: not how a row becomes a task, not when a deadline passes, not what counts as late.
"""

from __future__ import annotations

import calendar
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

YEAR: Final = 2024
CHECK: Final = "year-holiday-check"
REPORT: Final = "year-county-report"
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_DAY: Final = timedelta(days=1)
# The ids of tasks follow from duty, period and member by this name; it is published and constant for life.
_TASKS: Final = uuid.UUID("7a1c7f0e-52d4-5b0b-8f3e-64756261e002")
_COUNTY_UNIT: Final = "county_safety_committee"


@dataclass(frozen=True, slots=True)
class Due:
    """A task as the documents ask for it: both days inclusive."""

    task_id: str
    duty_id: str
    period: str
    county: str
    lead: str
    kind: str
    opens_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Owed:
    """A stretch of time in which a unit owed a task, by the last day of its `number`th deadline."""

    since: datetime
    until: datetime
    number: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody did, and what the answer was; `due_on` is the last day from then on, `refused` the code of a no."""

    task_id: str
    verb: str
    at: datetime
    due_on: date
    refused: str | None = None


class Sort(StrEnum):
    """How a task counts: each in one of them."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    OPEN = "open"
    WAIVED = "waived"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Reckoned:
    """What must have become of one task: `missed` are the numbers of its deadlines that passed while it was owed."""

    due: Due
    sort: Sort = Sort.OPEN
    missed: list[int] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    """How many of its events are of which kind; reminders are not among them."""

    @property
    def late(self) -> bool:
        """Whether it is late for good."""
        return bool(self.missed)


def asked_for(profile: Path) -> dict[str, Due]:
    """Return every task that the table of 2024, the holidays and the quarters ask for, by id."""
    city = json.loads((profile / "city.json").read_bytes())
    counties = [region["code"] for region in city["regions"] if region["level"] == "county"]
    found = [*_printed(profile, city["code"]), *_of_counties(CHECK, "inspection", _holidays(profile), counties)]
    found += _of_counties(REPORT, "report", _quarters(), counties)
    return {due.task_id: due for due in found}


def table_of(profile: Path) -> Path:
    """Return where the city's table of the year stands."""
    return profile / "duties" / f"nine-ones-{YEAR}.json"


def _printed(profile: Path, city: str) -> Iterable[Due]:
    table = json.loads(table_of(profile).read_bytes())
    for row in table["rows"]:
        month = row["month"]
        first, last = date(YEAR, month, 1), date(YEAR, month, calendar.monthrange(YEAR, month)[1])
        duty_id = f"no-{YEAR}-{month:02}-{row['seq']}"
        period = str(YEAR)
        lead = row["lead_unit_codes"][0]
        yield Due(_task_id(duty_id, period, "-"), duty_id, period, city, lead, row["kind"], first, last)


def _of_counties(
    duty_id: str, kind: str, spans: Iterable[tuple[str, date, date]], counties: Sequence[str]
) -> Iterable[Due]:
    for period, first, last in spans:
        for county in counties:
            task_id = _task_id(duty_id, period, f"county:{county}")
            yield Due(task_id, duty_id, period, county, _COUNTY_UNIT, kind, first, last)


def _holidays(profile: Path) -> Iterable[tuple[str, date, date]]:
    """Yield each holiday of the year from its first day to its last, without a day between."""
    days = json.loads((profile / "calendar.json").read_bytes())["holidays"]
    spans: dict[str, list[date]] = {}
    for day, title in days.items():
        if date.fromisoformat(day).year == YEAR:
            spans.setdefault(title, []).append(date.fromisoformat(day))
    for title, found in spans.items():
        if max(found) - min(found) != (len(found) - 1) * _DAY:
            raise ValueError(f"{title} has a gap; this reckoning knows no such holiday")
        yield f"{YEAR}-{title}", min(found), max(found)


def _quarters() -> Iterable[tuple[str, date, date]]:
    for quarter in range(4):
        month = 3 * quarter + 3
        last = date(YEAR, month, calendar.monthrange(YEAR, month)[1])
        yield f"{YEAR}-Q{quarter + 1}", date(YEAR, month - 2, 1), last


def _task_id(duty_id: str, period: str, about: str) -> str:
    return str(uuid.uuid5(_TASKS, f"{duty_id}\n{period}\n{about}\n1"))


def local(day: date, hour: time = time(0)) -> datetime:
    """Return the instant at which the city's clocks read this."""
    return datetime.combine(day, hour, _ZONE)


def over_at(due_on: date) -> datetime:
    """Return the instant at which a last day is over in the city."""
    return local(due_on + _DAY)


def reckon(due: Due, notes: Sequence[Note], now: datetime) -> Reckoned:
    """Return what must have become of a task by `now`, if this was done to it, in this order."""
    reckoned = Reckoned(due)
    if local(due.opens_on) <= now:
        reckoned.said["assigned"] += 1
    since, due_on, number, owed = local(due.opens_on), due.due_on, 1, True
    for note in notes:
        reckoned.said[_PAST[note.verb]] += 1
        if owed and note.verb not in _STILL_OWED:
            reckoned.owed.append(Owed(since, note.at, number, due_on))
        if note.verb == "renew" or (note.verb == "return" and over_at(due_on) <= note.at):
            number += 1
        if note.verb in {"renew", "return"}:
            since = note.at
        owed = note.verb in _OWED_AFTER
        due_on = note.due_on
    if owed:
        reckoned.owed.append(Owed(since, now, number, due_on))
    reckoned.missed = [each.number for each in reckoned.owed if over_at(each.due_on) <= each.until]
    reckoned.said["overdue"] += len(reckoned.missed)
    reckoned.said = +reckoned.said
    reckoned.sort = _sort(reckoned, notes[-1].verb if notes else "", owed=owed, passed=over_at(due_on) <= now)
    return reckoned


_STILL_OWED: Final = frozenset({"acknowledge"})
_OWED_AFTER: Final = frozenset({"acknowledge", "return", "renew"})
_PAST: Final[Mapping[str, str]] = {
    "acknowledge": "acknowledged",
    "submit": "submitted",
    "approve": "approved",
    "accept": "accepted",
    "return": "returned",
    "renew": "renewed",
    "waive": "waived",
    "cancel": "cancelled",
}


def _sort(reckoned: Reckoned, last: str, *, owed: bool, passed: bool) -> Sort:
    if last in {"waive", "cancel"}:
        return Sort.WAIVED if last == "waive" else Sort.CANCELLED
    if owed:
        return Sort.MISSING if passed else Sort.OPEN
    return Sort.LATE if reckoned.late else Sort.ON_TIME


def by_task(notes: Iterable[Note]) -> dict[str, list[Note]]:
    """Return what was done to each task, in order; what was refused changed nothing."""
    found: dict[str, list[Note]] = {}
    for note in notes:
        if note.refused is None:
            found.setdefault(note.task_id, []).append(note)
    return found
