"""The books replayed from the ledger's history, and the rates and times that follow from them.

The rules are written out again on purpose (DOMAIN §9): two people who read the same rule and get the same number are
worth more than one function called twice.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from services.statistics.recompute.model.clock import CHINA, PLAIN_DAYS, Clock, Days

CellKey = tuple[str, str, str, str]


class BrokenHistory(ValueError):
    """A hazard's versions do not count from 1 without gaps: no figure can be recomputed from that."""


@dataclass
class Standing:
    """How one hazard stands; `trail` is (day, cell if it is open then else None, overdue then).

    `set_aside` is how it stood when it was merged into another: whether it was open, when it was confirmed, and handed in.
    """

    clock: Clock
    cell: CellKey | None = None
    day: date = date.min
    is_open: bool = False
    confirmed: datetime | None = None
    confirmed_day: date | None = None
    rectified_day: date | None = None
    closed: datetime | None = None
    closed_day: date | None = None
    trail: list[tuple[date, CellKey | None, bool]] = field(default_factory=list)
    set_aside: tuple[bool, datetime | None, date | None, date | None] = (False, None, None, None)


@dataclass
class Books:
    """The recomputed books of the day `today`: flows by (day, cell, measure), and every hazard as it stands at the end."""

    today: date
    flows: Counter[tuple[date, CellKey, str]] = field(default_factory=Counter)
    hazards: dict[str, Standing] = field(default_factory=dict)

    @property
    def days(self) -> tuple[date, date]:
        """Return the first and the last day on which anything happened, counted or not; today where nothing has."""
        days = [day for hazard in self.hazards.values() for day, _, _ in hazard.trail] or [self.today]
        return min(days), max(days)

    def open_on(self, day: date) -> dict[CellKey, tuple[int, int]]:
        """Return (open, overdue) by cell at the end of `day`."""
        counts: dict[CellKey, list[int]] = defaultdict(lambda: [0, 0])
        for hazard in self.hazards.values():
            past = [(cell, overdue) for at, cell, overdue in hazard.trail if at <= day]
            if past and past[-1][0] is not None:
                counts[past[-1][0]][0] += 1
                counts[past[-1][0]][1] += past[-1][1]
        return {cell: (is_open, overdue) for cell, (is_open, overdue) in counts.items()}


def books_of(history: Iterable[Mapping[str, Any]], days: Days = PLAIN_DAYS, *, today: date = date(1970, 1, 1)) -> Books:
    """Recompute the books from the history's records, in any order; raises BrokenHistory. Accidents are in no book.

    `days` are the city's: by them deadlines on a day off are moved. `today` need be said where the history may be empty: it
    is then the only day that can be asked for.
    """
    by_hazard: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for record in history:
        if record["type"].startswith("duban.accident."):
            continue
        by_hazard[record["hazard_id"]][int(record["version"])] = record
    books = Books(today)
    for hazard_id, versions in by_hazard.items():
        if sorted(versions) != list(range(1, len(versions) + 1)):
            raise BrokenHistory(f"{hazard_id}: versions {sorted(versions)}")
        standing = books.hazards[hazard_id] = Standing(clock=Clock(days))
        for version in sorted(versions):
            _replay(books, standing, versions[version])
    return books


def _payload(record: Mapping[str, Any]) -> Mapping[str, Any]:
    payload = record.get("data", record.get("payload"))
    return json.loads(payload) if isinstance(payload, str) else payload or {}


def _replay(books: Books, now: Standing, record: Mapping[str, Any]) -> None:
    data = _payload(record)
    facts = data["hazard"]
    what = record["type"].split(".")[2]
    at = datetime.fromisoformat(data["occurred_at"])
    now.day = max(now.day, at.astimezone(CHINA).date())
    cell = (facts["county"], facts["sector"], facts.get("grade") or "undetermined", facts["channel"])
    was_open, before = now.is_open, now.cell

    def count(measure: str, where: CellKey) -> None:
        books.flows[now.day, where, measure] += 1

    if was_open and before is not None and before != cell:
        count("transferred_out", before)
        count("transferred_in", cell)
    simple = {"registered": "registered", "submitted": "rectified"}
    simple |= {name: name for name in ("returned", "overdue", "rejected")}
    if what in simple:
        count(simple[what], cell)
    if what in {"confirmed", "reopened"} and not was_open:
        count(what, cell)
    if what == "closed" and was_open:
        count("closed", cell)
    if what == "rejected" and was_open:
        count("transferred_out", cell)
    if what == "merged":
        now.set_aside = was_open, now.confirmed, now.confirmed_day, now.rectified_day
        now.confirmed = now.confirmed_day = now.rectified_day = None
    if what == "unmerged":
        was_open, now.confirmed, now.confirmed_day, now.rectified_day = now.set_aside
    if what in {"merged", "unmerged"} and was_open:
        count(what, cell)
    now.cell = cell
    now.is_open = what in {"confirmed", "reopened"} or (was_open and what not in {"closed", "rejected", "merged"})
    counts = datetime.fromisoformat(data["submitted_at"]) if data.get("submitted_at") else at
    now.clock.turn(what, counts, date.fromisoformat(facts["deadline_on"]) if facts.get("deadline_on") else None)
    _marks(now, what, at)
    now.trail.append((now.day, cell if now.is_open else None, bool(facts.get("overdue")) and now.is_open))


def _marks(now: Standing, what: str, at: datetime) -> None:
    if what == "confirmed" and now.confirmed is None:
        now.confirmed, now.confirmed_day = at, now.day
    if what in {"returned", "reopened"}:
        now.rectified_day = now.closed = now.closed_day = None
    if what == "submitted":
        now.rectified_day = now.day
    if what == "closed":
        now.closed, now.closed_day = at, now.day


def rates_of(books: Books) -> dict[tuple[str, str], dict[str, tuple[int, int]]]:
    """Return (numerator, denominator) of each rate by county and grade, for the whole time of the books."""
    first, last = books.days
    groups: dict[tuple[str, str], list[Standing]] = defaultdict(list)
    for hazard in books.hazards.values():
        if hazard.confirmed_day is not None and hazard.cell is not None:
            groups[hazard.cell[0], hazard.cell[2]].append(hazard)
    result = {}
    for key, members in groups.items():
        due = [h for h in members if any(first <= day <= last for day in h.clock.days_of_deadlines)]
        in_time = [h for h in due if h.closed_day and not h.clock.was_late]
        handed_in = [h for h in due if h.rectified_day and not h.clock.was_late]
        closed = sum(h.closed_day is not None for h in members)
        rectified = sum(h.rectified_day is not None or h.closed_day is not None for h in members)
        result[key] = {
            "rectification_rate": (rectified, len(members)),
            "closure_rate": (closed, len(members)),
            "on_time_rate": (len(in_time), len(due)),
            "on_time_submission_rate": (len(handed_in), len(due)),
        }
    return result


def percent(over: int, under: int) -> str | None:
    """Return `over` ÷ `under` as a percentage of one decimal, rounded half up; None on a zero denominator."""
    if under == 0:
        return None
    tenths = int(Fraction(over * 1000, under) + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"


def seconds_open(books: Books) -> list[float]:
    """Return for each closing that stands how many seconds after its confirmation it came."""
    return [
        (hazard.closed - hazard.confirmed).total_seconds()
        for hazard in books.hazards.values()
        if hazard.closed is not None and hazard.confirmed is not None
    ]
