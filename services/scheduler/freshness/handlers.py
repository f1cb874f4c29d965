"""Take in the ledger's heartbeats."""

from __future__ import annotations

from collections.abc import Sequence

from duban_contracts.events.heartbeat import LedgerHeartbeat
from services.chassis.consuming.deliveries import Delivery
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection
from services.chassis.telemetry import metrics
from services.scheduler.freshness import tables
from services.scheduler.freshness.model import Heartbeat


async def note_heartbeats(
    connection: Connection, deliveries: Sequence[Delivery], *, consumer: str, clock: Clock
) -> None:
    """Store the newest heartbeat of each partition; it commits with everything that stood ahead of it."""
    newest: dict[int, Heartbeat] = {}
    for delivery in deliveries:
        if isinstance(delivery.data, LedgerHeartbeat):
            heartbeat = Heartbeat(delivery.partition, delivery.data.applied_through, delivery.data.behind)
            seen = newest.setdefault(delivery.partition, heartbeat)
            if heartbeat.applied_through > seen.applied_through:
                newest[delivery.partition] = heartbeat
    if not newest:
        return
    await tables.save(connection, list(newest.values()))
    reached = max(heartbeat.applied_through for heartbeat in newest.values())
    metrics.HEARTBEAT.labels(consumer).set(clock.wall_at(reached).timestamp())
