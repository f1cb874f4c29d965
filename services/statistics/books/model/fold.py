"""The fold of ledger events into the books. Pure: the same events give the same books, however they arrive.

Versions count a hazard's events from 1 without gaps (the version rule): what was seen is dropped, what is
next is booked, what is ahead is parked inside the record until the gap fills.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, TypeVar

from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.deadlines.fold import Happening, reckon
from duban_contracts.deadlines.reckoning import Outcome
from services.statistics.books.model.record import Entry, Flow, HazardRecord, Measure, Step

_COUNTED: Final = {
    "registered": Measure.REGISTERED,
    "submitted": Measure.RECTIFIED,
    "returned": Measure.RETURNED,
    "overdue": Measure.OVERDUE,
    "rejected": Measure.REJECTED,
}
_LEAVES: Final = {"closed": Measure.CLOSED, "merged": Measure.MERGED}
_ARRIVES: Final = {"reopened": Measure.REOPENED, "unmerged": Measure.UNMERGED}


def fold(record: HazardRecord, entry: Entry, days: CityDays) -> HazardRecord:
    """Return the record after `entry`; the same record when the entry brings nothing new.

    `days` are the city's: its calendar days are the days of the books (DOMAIN §4), and by them deadlines pass.
    """
    if entry.version <= record.version or any(waiting.version == entry.version for waiting in record.parked):
        return record
    steps = list(record.steps)
    parked = sorted((*record.parked, entry), key=lambda waiting: waiting.version)
    while parked and parked[0].version == (steps[-1].version if steps else 0) + 1:
        steps.append(book(steps, parked.pop(0), days))
    return HazardRecord(hazard_id=record.hazard_id, steps=tuple(steps), parked=tuple(parked))


def merge(one: HazardRecord, other: HazardRecord, days: CityDays) -> HazardRecord:
    """Return the record that knows what either knows: steps never differ at one version, so the longer one leads."""
    lead, rest = sorted((one, other), key=lambda record: record.version, reverse=True)
    for entry in rest.parked:
        lead = fold(lead, entry, days)
    return lead


def book(steps: Sequence[Step], entry: Entry, days: CityDays) -> Step:
    """Return the step that `entry` makes after `steps`, all that were booked before.

    A booking day never goes back within one hazard, even if two machines' clocks disagree about midnight: stock on
    a day is then the same by flows and by standing.
    """
    before = steps[-1] if steps else None
    day = days.zone.day_of(entry.occurred_at)
    if before is not None:
        day = max(day, before.day)
    ground = _goes_on_from(steps, entry)
    is_open = _is_open(ground, entry)
    confirmed = entry.kind == "confirmed" and (before is None or before.confirmed_at is None)
    carried = _NOTHING if ground is None or entry.kind == "merged" else ground
    due_on, passed, missed_on = _deadline(steps, entry, days)
    return Step(
        version=entry.version,
        kind=entry.kind,
        day=day,
        occurred_at=entry.occurred_at,
        cell=entry.cell,
        state=entry.state,
        open=is_open,
        overdue=entry.overdue and is_open,
        deadline_on=entry.deadline_on,
        confirmed_at=entry.occurred_at if confirmed else carried.confirmed_at,
        confirmed_on=day if confirmed else carried.confirmed_on,
        rectified_on=_standing(carried.rectified_on, entry.kind, "submitted", day),
        closed_at=_standing(carried.closed_at, entry.kind, "closed", entry.occurred_at),
        closed_on=_standing(carried.closed_on, entry.kind, "closed", day),
        flows=_flows(before, entry, is_open=is_open),
        submitted_at=entry.submitted_at,
        due_on=due_on,
        passed=passed,
        missed_on=missed_on,
    )


def _goes_on_from(steps: Sequence[Step], entry: Entry) -> Step | None:
    """Return the step from which `entry` goes on: the last one, and for 拆分 the last one before the newest 归并."""
    if entry.kind != "unmerged":
        return steps[-1] if steps else None
    merged = next((place for place in reversed(range(len(steps))) if steps[place].kind == "merged"), 0)
    return steps[merged - 1] if merged else None


def _told(what: Step | Entry) -> Happening:
    return Happening(what.kind, what.submitted_at or what.occurred_at, what.deadline_on)


def _deadline(steps: Sequence[Step], entry: Entry, days: CityDays) -> tuple[date | None, bool | None, tuple[date, ...]]:
    """Return the last day that counts of the deadline in force after `entry`, whether any passed, and the days of those before.

    Who was late stays so: neither an extension nor a reopening makes it undone. A deadline that was corrected never passed.
    """
    told = [_told(each) for each in steps]
    reckoning = reckon(entry.hazard_id, [*told, _told(entry)], days)
    if reckoning is None:
        return None, None, ()
    *before, deadline = reckoning.deadlines
    missed = tuple(days.last_day(each.due_at) for each in before if each.outcome is Outcome.PASSED)
    return days.last_day(deadline.due_at), bool(missed) or deadline.outcome is Outcome.PASSED, missed


class _Nothing:
    """What a hazard carries before its first event."""

    confirmed_at: datetime | None = None
    confirmed_on: date | None = None
    rectified_on: date | None = None
    closed_at: datetime | None = None
    closed_on: date | None = None


_NOTHING: Final = _Nothing()


_Mark = TypeVar("_Mark", date, datetime)


def _standing(carried: _Mark | None, kind: str, sets: str, mark: _Mark) -> _Mark | None:
    if kind == sets:
        return mark
    return None if kind in {"returned", "reopened"} else carried


def _is_open(ground: Step | None, entry: Entry) -> bool:
    if entry.kind in {"confirmed", "reopened"}:
        return True
    if entry.kind in {"closed", "rejected", "merged"}:
        return False
    return ground is not None and ground.open


def _flows(before: Step | None, entry: Entry, *, is_open: bool) -> tuple[Flow, ...]:
    """Return what the entry adds to the books; stock changes by exactly what these flows say."""
    was_open = before is not None and before.open
    flows: list[Flow] = []
    cell = entry.cell
    if before is not None and was_open and before.cell != cell:
        flows.extend((Flow(Measure.TRANSFERRED_OUT, before.cell), Flow(Measure.TRANSFERRED_IN, cell)))
    if entry.kind in _COUNTED:
        flows.append(Flow(_COUNTED[entry.kind], cell))
    if is_open and not was_open:
        flows.append(Flow(_ARRIVES.get(entry.kind, Measure.CONFIRMED), cell))
    if was_open and not is_open:
        # A confirmed hazard that is struck off as no hazard leaves the books; it was never rectified and closed.
        flows.append(Flow(_LEAVES.get(entry.kind, Measure.TRANSFERRED_OUT), cell))
    return tuple(flows)
