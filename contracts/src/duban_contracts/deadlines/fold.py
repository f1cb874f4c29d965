"""How a ledger event moves a hazard's clock. Pure: the same events always give the same reckoning.

The rules (DOMAIN §3 and §4):

- 确认 and 反弹 set a deadline and start the clock; 延期 sets a new deadline and never takes away what was left.
- 更正期限 puts another day in the place of one that was wrong: it counts as it is, earlier or later, and the wrong one
  never passed, whatever was said about it.
- 整改完成 pauses the clock at `submitted_at`, the instant the claim reached the broker, however late we learn of it.
- 退回 resumes it with what was left, at least until the end of the day of the return.
- 销号 and 不予认定 stop it. 逾期 notes that the deadline passed. Any other event leaves it as it is.
- 归并 stops it: the deadline of the survivor counts. 拆分 lets it run again towards the deadline that it had; where that is
  over by now, it ends with the day of the 拆分. One that had passed before stays passed.
- Whether a deadline passed is decided by the instants in the events, never by when they were read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from duban_contracts.codec import type_of
from duban_contracts.deadlines.calendar import CityDays
from duban_contracts.deadlines.reckoning import ClockState, Deadline, Outcome, Reckoning, Segment, Turn
from duban_contracts.events.hazards import (
    HazardConfirmed,
    HazardDeadlineCorrected,
    HazardEvent,
    HazardExtended,
    HazardOverdue,
    HazardReopened,
    HazardSubmitted,
)

_NOTHING_LEFT: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Happening:
    """A ledger event as far as a deadline is concerned: `kind` is its bare name (`confirmed`, `closed`, ...).

    `at` (UTC) is the instant that counts: of a 整改完成 when it reached the broker, of anything else when it happened.
    """

    kind: str
    at: datetime
    deadline_on: date | None = None


def happening(event: HazardEvent) -> Happening:
    """Return what `event` says about deadlines."""
    kind = type_of(type(event)).name.split(".")[2]
    match event:
        case HazardSubmitted(submitted_at=at):
            return Happening(kind, at)
        case HazardConfirmed() | HazardReopened() | HazardExtended() | HazardDeadlineCorrected() | HazardOverdue():
            return Happening(kind, event.occurred_at, event.deadline_on)
        case _:
            return Happening(kind, event.occurred_at)


def advance(reckoning: Reckoning | None, event: HazardEvent, *, version: int, days: CityDays) -> Reckoning | None:
    """Return the reckoning after `event`, the hazard's event number `version`.

    None means that the hazard has no clock yet (it is not confirmed). An event that is not newer than the reckoning
    changes nothing, so duplicates and stragglers are harmless.
    """
    if reckoning is not None and version <= reckoning.version:
        return reckoning
    moved = move(reckoning, event.hazard.hazard_id, happening(event), days)
    return None if moved is None else replace(moved, version=version, grade=event.hazard.grade or moved.grade)


def reckon(hazard_id: str, happenings: Iterable[Happening], days: CityDays) -> Reckoning | None:
    """Return the reckoning after all of a hazard's `happenings`, in their order; None when it has no clock yet."""
    reckoning = None
    for version, each in enumerate(happenings, start=1):
        moved = move(reckoning, hazard_id, each, days)
        reckoning = None if moved is None else replace(moved, version=version)
    return reckoning


def move(  # noqa: C901, PLR0911 - a table: one line for each event
    reckoning: Reckoning | None, hazard_id: str, what: Happening, days: CityDays
) -> Reckoning | None:
    """Return the reckoning after `what` happened to the hazard; only its confirmation starts a clock."""
    if reckoning is None:
        if what.kind != "confirmed" or what.deadline_on is None:
            return None
        reckoning = Reckoning(hazard_id, 0, ClockState.STOPPED, None, (), ())
    match what:
        case Happening("confirmed" | "reopened" as kind, at, date() as day):
            return _start(reckoning, Turn(kind), day, at, days)
        case Happening("extended" | "deadline_corrected" as kind, at, date() as day):
            return (_extend if kind == "extended" else _correct)(reckoning, day, at, days)
        case Happening("submitted", at):
            return _pause(reckoning, at)
        case Happening("returned", at):
            return _resume(reckoning, at, days)
        case Happening("closed", at):
            return _stop(reckoning, Outcome.MET, at)
        case Happening("rejected", at):
            return _stop(reckoning, Outcome.CANCELLED, at)
        case Happening("merged", at):
            return _stop(reckoning, Outcome.MERGED, at)
        case Happening("unmerged", at):
            return _take_up(reckoning, at, days)
        case Happening("overdue", at, date() as day):
            return _note(reckoning, day, at)
        case _:
            return reckoning


def _start(reckoning: Reckoning, turn: Turn, day: date, at: datetime, days: CityDays) -> Reckoning:
    """Begin a new deadline with nothing used."""
    settled = _settle(reckoning, Outcome.SUPERSEDED, at)
    due_at = days.passes_at(day, at)
    deadline = Deadline(len(settled.deadlines) + 1, day, turn, at, due_at, due_at)
    started = replace(settled, deadlines=(*settled.deadlines, deadline))
    return _turn(started, ClockState.RUNNING, turn, at)


def _extend(reckoning: Reckoning, day: date, at: datetime, days: CityDays) -> Reckoning:
    """Begin a new deadline without touching whether the clock runs; earlier pauses stay paid back."""
    if reckoning.state is ClockState.STOPPED:
        return reckoning
    settled = _settle(reckoning, Outcome.SUPERSEDED, at)
    old, budget_end = settled.deadline, days.passes_at(day, at)
    due_at = budget_end
    if old.outcome is not Outcome.PASSED:
        budget_end, due_at = max(budget_end, old.budget_end), max(due_at, old.due_at)
    deadline = Deadline(old.number + 1, day, Turn.EXTENDED, at, budget_end, due_at)
    extended = replace(settled, deadlines=(*settled.deadlines, deadline))
    return _turn(extended, reckoning.state, Turn.EXTENDED, at)


def _correct(reckoning: Reckoning, day: date, at: datetime, days: CityDays) -> Reckoning:
    """Put a new deadline in the place of a wrong one, without touching whether the clock runs.

    The day that the city names is the one that counts: nothing that pauses gave to the wrong one is added to it.
    """
    if reckoning.state is ClockState.STOPPED:
        return reckoning
    wrong, due_at = reckoning.deadline, days.passes_at(day, at)
    settled = reckoning.with_deadline(replace(wrong, outcome=Outcome.CORRECTED, settled_at=at))
    deadline = Deadline(wrong.number + 1, day, Turn.CORRECTED, at, due_at, due_at)
    corrected = replace(settled, deadlines=(*settled.deadlines, deadline))
    return _turn(corrected, reckoning.state, Turn.CORRECTED, at)


def _pause(reckoning: Reckoning, at: datetime) -> Reckoning:
    """Stop counting at the submission; a submission after the deadline leaves it passed."""
    if reckoning.state is not ClockState.RUNNING:
        return reckoning
    deadline = reckoning.deadline
    if deadline.outcome is Outcome.OPEN and at > deadline.due_at:
        passed = replace(deadline, outcome=Outcome.PASSED, settled_at=deadline.due_at)
        reckoning = reckoning.with_deadline(passed)
    return _turn(reckoning, ClockState.PAUSED, Turn.SUBMITTED, at)


def _resume(reckoning: Reckoning, at: datetime, days: CityDays) -> Reckoning:
    """Count on with what was left; a deadline that had passed stays passed."""
    left = reckoning.remaining
    if left is None:
        return reckoning
    deadline = reckoning.deadline
    resumed = _turn(reckoning, ClockState.RUNNING, Turn.RETURNED, at)
    if deadline.outcome is not Outcome.OPEN:
        return resumed
    budget_end = resumed.segments[-1].started_at + left
    due_at = days.up_to_midnight(budget_end)
    if left == _NOTHING_LEFT:
        due_at = days.end_of_day_at(budget_end)
    return resumed.with_deadline(replace(deadline, budget_end=budget_end, due_at=due_at))


def _stop(reckoning: Reckoning, outcome: Outcome, at: datetime) -> Reckoning:
    if reckoning.state is ClockState.STOPPED:
        return reckoning
    settled = _settle(reckoning, outcome, at)
    segments, _ = _ended(settled, at)
    return replace(settled, state=ClockState.STOPPED, segments=segments, paused_at=None, running_since=None)


def _take_up(reckoning: Reckoning, at: datetime, days: CityDays) -> Reckoning:
    """Let a clock run again that a merge stopped; nobody is late for time in which nothing was asked of him."""
    if reckoning.state is not ClockState.STOPPED or reckoning.deadline.outcome not in {Outcome.MERGED, Outcome.PASSED}:
        return reckoning
    taken_up = _turn(reckoning, ClockState.RUNNING, Turn.UNMERGED, at)
    deadline, at = taken_up.deadline, taken_up.segments[-1].started_at
    if deadline.outcome is Outcome.PASSED:
        return taken_up
    deadline = replace(deadline, outcome=Outcome.OPEN, settled_at=None)
    if deadline.due_at <= at:
        deadline = replace(deadline, budget_end=at, due_at=days.end_of_day_at(at))
    return taken_up.with_deadline(deadline)


def _note(reckoning: Reckoning, day: date, at: datetime) -> Reckoning:
    """Remember that the ledger took note of 督办逾期 for the newest deadline on `day` that had passed by then."""
    for deadline in reversed(reckoning.deadlines):
        if deadline.deadline_on == day and deadline.due_at <= at:
            noted = replace(deadline, noted_at=at)
            if deadline.outcome is Outcome.OPEN and reckoning.state is ClockState.RUNNING:
                noted = replace(noted, outcome=Outcome.PASSED, settled_at=deadline.due_at)
            kept = tuple(noted if each is deadline else each for each in reckoning.deadlines)
            return replace(reckoning, deadlines=kept)
    return reckoning


def _settle(reckoning: Reckoning, outcome: Outcome, at: datetime) -> Reckoning:
    """Give the open deadline its outcome; one that ran past its due instant has passed, whatever came after."""
    if not reckoning.deadlines or reckoning.deadline.outcome is not Outcome.OPEN:
        return reckoning
    deadline = reckoning.deadline
    if reckoning.state is ClockState.RUNNING and at > deadline.due_at:
        outcome, at = Outcome.PASSED, deadline.due_at
    return reckoning.with_deadline(replace(deadline, outcome=outcome, settled_at=at))


def _turn(reckoning: Reckoning, state: ClockState, turn: Turn, at: datetime) -> Reckoning:
    """Close the open segment and begin another, in which the clock runs or is paused."""
    segments, at = _ended(reckoning, at)
    same = state is reckoning.state
    return replace(
        reckoning,
        state=state,
        segments=(*segments, Segment(state, reckoning.deadline.number, turn, at)),
        paused_at=(reckoning.paused_at if same else at) if state is ClockState.PAUSED else None,
        running_since=(reckoning.running_since if same else at) if state is ClockState.RUNNING else None,
    )


def _ended(reckoning: Reckoning, at: datetime) -> tuple[tuple[Segment, ...], datetime]:
    """Return the segments with the open one closed at `at`, and the instant at which the next may begin.

    A claim that reached the broker before the hazard was confirmed or returned counts from that moment: no segment
    ends before it began, and none begins before the last one ended.
    """
    if not reckoning.segments:
        return (), at
    *before, last = reckoning.segments
    at = max(at, last.ended_at or last.started_at)
    return (*before, last if last.ended_at else replace(last, ended_at=at)), at
