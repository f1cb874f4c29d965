"""The reckoning of a hazard's clock: which deadlines it has had, when it ran, when it stood still, what is left.

A reckoning is a value. `fold.advance` makes the next one from a ledger event; nothing here reads a clock.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from duban_contracts.events.types import Grade


class ClockState(enum.StrEnum):
    """Whether time counts: it runs, stands still while a submission waits for review, or has stopped for good."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Turn(enum.StrEnum):
    """What set a deadline or turned the clock: the ledger's event."""

    CONFIRMED = "confirmed"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    EXTENDED = "extended"
    CORRECTED = "corrected"
    REOPENED = "reopened"
    UNMERGED = "unmerged"


class Outcome(enum.StrEnum):
    """What became of a deadline.

    One that was `corrected` had been set wrongly and never passed. One that is `merged` is asked of nobody while the
    hazard is merged into another, and is open again once it is taken out.
    """

    OPEN = "open"
    PASSED = "passed"
    MET = "met"
    SUPERSEDED = "superseded"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline of a hazard; `number` counts them from 1.

    `deadline_on` is the day as the ledger has it. `budget_end` is the instant at which the time allowed is used up
    if the clock doesn't stop again: exact to the microsecond, so that pauses neither lose nor gain time. `due_at` is
    when the deadline passes: `budget_end` moved up to the end of its day, because deadlines are calendar days.
    """

    number: int
    deadline_on: date
    set_by: Turn
    set_at: datetime
    budget_end: datetime
    due_at: datetime
    outcome: Outcome = Outcome.OPEN
    settled_at: datetime | None = None
    noted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time in which the clock ran or stood still, under one deadline; open while `ended_at` is None."""

    state: ClockState
    deadline_number: int
    began_with: Turn
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Everything that is known about one hazard's clock after the ledger's event number `version`.

    `paused_at` is set while the clock is paused, `running_since` while it runs: the instant at which that began.
    """

    hazard_id: str
    version: int
    state: ClockState
    grade: Grade | None
    deadlines: tuple[Deadline, ...]
    segments: tuple[Segment, ...]
    paused_at: datetime | None = None
    running_since: datetime | None = None

    @property
    def deadline(self) -> Deadline:
        """Return the deadline in force (the last one set)."""
        return self.deadlines[-1]

    @property
    def remaining(self) -> timedelta | None:
        """Return what is left of the time allowed while the clock is paused; None when it runs or has stopped."""
        if self.paused_at is None:
            return None
        return max(self.deadline.budget_end - self.paused_at, timedelta())

    @property
    def returned_at(self) -> datetime | None:
        """Return when the last 整改完成 since the confirmation or reopening was returned; None when none came back."""
        for segment in reversed(self.segments):
            if segment.began_with is Turn.RETURNED:
                return segment.started_at
            if segment.began_with in {Turn.CONFIRMED, Turn.REOPENED}:
                break
        return None

    def used(self, now: datetime) -> timedelta:
        """Return the time the clock has run until `now`, over all deadlines."""
        running = (segment for segment in self.segments if segment.state is ClockState.RUNNING)
        return sum(((segment.ended_at or now) - segment.started_at for segment in running), timedelta())

    def with_deadline(self, deadline: Deadline) -> Reckoning:
        """Return the reckoning with its last deadline replaced."""
        return replace(self, deadlines=(*self.deadlines[:-1], deadline))
