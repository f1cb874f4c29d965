"""Take in the ledger's heartbeats, and tell how far they reach."""

from __future__ import annotations

from collections.abc import Sequence

from duban_contracts.events.heartbeat import LedgerHeartbeat
from services.chassis.consuming.deliveries import Delivery
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.chassis.telemetry import metrics
from services.scheduler.freshness import tables
from services.scheduler.freshness.model import Heartbeat


async def note_heartbeats(connection: Connection, deliveries: Sequence[Delivery]) -> None:
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


class TellFreshness:
    """Exports up to when the ledger is known here; until every partition has spoken once, since when we listen."""

    def __init__(self, consumer: str, database: Database, clock: Clock) -> None:
        self._consumer = consumer
        self._database = database
        self._clock = clock
        self._since = clock.wall()

    async def look(self) -> None:
        """Set the gauge from the table: a restart doesn't make an old fault young."""
        async with self._database.acquire() as connection:
            through = await tables.applied_through(connection)
        known_at = self._since if through is None else self._clock.wall_at(through)
        metrics.HEARTBEAT.labels(self._consumer).set(known_at.timestamp())
