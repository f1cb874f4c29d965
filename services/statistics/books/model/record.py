"""What statistics remembers of one hazard: the events it has booked, step by step, and those that wait."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Final

import msgspec

from services.statistics.books.model.cell import Cell


class Measure(enum.StrEnum):
    """What a day's flows count. `rectified` counts submissions (整改完成待审), each time one is handed in.

    `merged` and `unmerged` count confirmed hazards that left the books for another one (归并) and came back (拆分).
    """

    REGISTERED = "registered"
    CONFIRMED = "confirmed"
    RECTIFIED = "rectified"
    CLOSED = "closed"
    RETURNED = "returned"
    REOPENED = "reopened"
    OVERDUE = "overdue"
    REJECTED = "rejected"
    MERGED = "merged"
    UNMERGED = "unmerged"
    TRANSFERRED_IN = "transferred_in"
    TRANSFERRED_OUT = "transferred_out"


# Stock on a day is the sum of these flows until that day.
ARRIVALS: Final = (Measure.CONFIRMED, Measure.REOPENED, Measure.UNMERGED, Measure.TRANSFERRED_IN)
DEPARTURES: Final = (Measure.CLOSED, Measure.MERGED, Measure.TRANSFERRED_OUT)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger event as the books need it: which hazard, which version, what happened, the facts after it.

    `kind` is the event's bare name (`confirmed`, `closed`, ...); `occurred_at` is the ledger's time (UTC), `submitted_at`
    when a 整改完成 reached the broker.
    """

    hazard_id: str
    version: int
    kind: str
    occurred_at: datetime
    cell: Cell
    state: str
    deadline_on: date | None = None
    overdue: bool = False
    submitted_at: datetime | None = None


class Flow(msgspec.Struct, frozen=True):
    """One count of one measure in one cell; its day is the day of the step it belongs to."""

    measure: Measure
    cell: Cell


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Where a hazard stood after one version, and what that version added to the books.

    `day` is the booking day in the city's zone. `open` means confirmed and not closed. `confirmed_at` is the first
    confirmation; `rectified_on` and `closed_on` are those that stand (a return or a reopening clears them). A hazard that
    is merged into another is counted there, and has none of them until it is taken out again.

    `due_on` is the last day that counts of the deadline in force (`deadline_on` is the day as it was set), `missed_on` are
    those of the deadlines before it that passed, `passed` says whether any passed, that one or one of these; all as
    `duban_contracts.deadlines` reckons from the events so far, None where no deadline was set. Steps that were booked
    before there was one reckoning have none of them.
    """

    version: int
    kind: str
    day: date
    occurred_at: datetime
    cell: Cell
    state: str
    open: bool
    overdue: bool
    deadline_on: date | None
    confirmed_at: datetime | None
    confirmed_on: date | None
    rectified_on: date | None
    closed_at: datetime | None
    closed_on: date | None
    flows: tuple[Flow, ...]
    submitted_at: datetime | None = None
    due_on: date | None = None
    passed: bool | None = None
    missed_on: tuple[date, ...] = ()


class HazardRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All that was booked for one hazard, and the entries that are ahead of a missing version, by version."""

    hazard_id: str
    steps: tuple[Step, ...] = ()
    parked: tuple[Entry, ...] = ()

    @property
    def newest(self) -> Step | None:
        """The newest step, or None when no version was booked."""
        return self.steps[-1] if self.steps else None

    @property
    def version(self) -> int:
        """The newest version that was booked; 0 when none was."""
        return self.steps[-1].version if self.steps else 0

    def steps_from(self, version: int) -> tuple[Step, ...]:
        """Return the steps of `version` and later: what a redelivery of `version` may still owe the database."""
        return tuple(step for step in self.steps if step.version >= version)


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(HazardRecord)


def encode(record: HazardRecord) -> bytes:
    """Return the record as the bytes that the stream table and `hazard_fact.record` hold."""
    return _ENCODER.encode(record)


def decode(document: bytes) -> HazardRecord:
    """Return the record from its bytes; raises msgspec.DecodeError."""
    return _DECODER.decode(document)
