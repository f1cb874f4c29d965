"""What one batch brings into the books: changed records, new counts, and how far each partition has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.statistics.books.model.cell import Cell
from services.statistics.books.model.record import HazardRecord, Measure


@dataclass(frozen=True, slots=True)
class Change:
    """A record to be saved; its steps from version `since` on may not be in the database yet."""

    record: HazardRecord
    since: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A count that entered the books just now, and never before."""

    hazard_id: str
    version: int
    measure: Measure
    cell: Cell


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one partition is: the last offset, its broker time, the newest heartbeat and event it brought.

    `behind` are the counties of which that heartbeat said that less is applied.
    """

    offset: int
    recorded_at: datetime
    applied_through: datetime | None = None
    last_event_at: datetime | None = None
    behind: Mapping[str, datetime] = field(default_factory=dict)


def newest_of(changes: Iterable[Change]) -> list[Change]:
    """Return one change a hazard: its last record, with the steps of all of them.

    They stand in order of hazard id, so that two writers never lock in opposite order.
    """
    by_hazard: dict[str, Change] = {}
    for change in changes:
        known = by_hazard.get(change.record.hazard_id, change)
        by_hazard[change.record.hazard_id] = Change(change.record, min(known.since, change.since))
    return [by_hazard[key] for key in sorted(by_hazard)]
