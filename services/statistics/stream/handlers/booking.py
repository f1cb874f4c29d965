"""A record on its way into the books, how far a batch brings each partition, and what is done with a bad record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog

from services.chassis.consuming.dead_letters import DeadLetter
from services.chassis.consuming.deliveries import RawRecord
from services.statistics.books.model.changes import Change, Progress
from services.statistics.books.model.record import Entry

_log = structlog.get_logger(__name__)

CONSUMER: Final = "statistics.hazards"


@dataclass(frozen=True, slots=True)
class Booking:
    """One record on its way into the books. `outcome` is its label in the consumer's counter.

    `applied_through` and `behind` are a heartbeat's word. `table_write` resolves when the stream table's changelog has the record;
    `ack` lets Kafka's offset pass it.
    """

    record: RawRecord
    outcome: str
    ack: Callable[[], object]
    entry: Entry | None = None
    applied_through: datetime | None = None
    behind: Mapping[str, datetime] = field(default_factory=dict)
    change: Change | None = None
    letter: DeadLetter | None = None
    table_write: Awaitable[object] | None = None


def progress_of(batch: Iterable[Booking]) -> dict[int, Progress]:
    """Return how far the batch brings each partition, by its number."""
    progress: dict[int, Progress] = {}
    for booking in batch:
        record = booking.record
        known = progress.get(record.partition) or Progress(record.offset, record.timestamp)
        progress[record.partition] = Progress(
            offset=record.offset,
            recorded_at=record.timestamp,
            applied_through=booking.applied_through or known.applied_through,
            behind=booking.behind if booking.applied_through else known.behind,
            last_event_at=booking.entry.occurred_at if booking.entry else known.last_event_at,
        )
    return progress


def given_up(booking: Booking, error: Exception) -> Booking:
    """Return the booking that keeps its record as a dead letter; raises `error` if that is what failed."""
    if booking.letter is not None:
        raise error
    _log.error("event given up", consumer=CONSUMER, origin=booking.record.origin, error=repr(error))
    letter = DeadLetter(booking.record, "unexpected-error", repr(error))
    return replace(booking, change=None, letter=letter, outcome="dead_lettered")
