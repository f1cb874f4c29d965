"""What the books tell Prometheus: of a batch how long it took and how long hazards were open, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from duban_contracts.topics import PARTITIONS
from services.chassis.consuming import dead_letters
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection
from services.chassis.telemetry import metrics
from services.statistics.books.model.changes import Counted
from services.statistics.books.tables import progress, records
from services.statistics.metrics import CLEARANCE_DURATION
from services.statistics.stream.handlers.booking import CONSUMER, Booking
from services.statistics.stream.model import closings

# A closing that comes this late comes from a replay: the histogram shows trend and must not jump for it.
_REPLAY_AGE: Final = timedelta(hours=1)


def report_booked(batch: Sequence[Booking], counted: Sequence[Counted], clock: Clock) -> None:
    """Count what a transaction booked, and observe how long the hazards were open that it closed."""
    for booking in batch:
        metrics.CONSUMER_EVENTS.labels(CONSUMER, booking.outcome).inc()
    live_from = clock.wall() - _REPLAY_AGE
    changes = [booking.change for booking in batch if booking.change and booking.record.timestamp >= live_from]
    for closing in closings(changes, counted):
        CLEARANCE_DURATION.labels(closing.county, closing.grade).observe(closing.seconds)


def report_batch(batch: Sequence[Booking], seconds: float, clock: Clock) -> None:
    """Say how long a batch took and how old its events were."""
    metrics.CONSUMER_BATCH_DURATION.labels(CONSUMER).observe(seconds)
    now = clock.wall().timestamp()
    broker_times = [booking.record.timestamp.timestamp() for booking in batch]
    for broker_time in broker_times:
        metrics.CONSUMER_EVENT_AGE.labels(CONSUMER).observe(max(0.0, now - broker_time))
    metrics.CONSUMER_LAST_EVENT.labels(CONSUMER).set(max(broker_times))


async def report_standing(connection: Connection, clock: Clock, *, since: datetime) -> None:
    """Say what was given up or parked, and the oldest heartbeat; `since` (wall time) where not every partition has spoken."""
    await dead_letters.report(connection, CONSUMER)
    metrics.PARKED_EVENTS.labels(CONSUMER).set(await records.parked_events(connection))
    # From the table: a restart makes no old fault young, and whoever stands by says the same.
    heard = await progress.heard_through(connection, PARTITIONS)
    metrics.HEARTBEAT.labels(CONSUMER).set((since if heard is None else clock.wall_at(heard)).timestamp())
