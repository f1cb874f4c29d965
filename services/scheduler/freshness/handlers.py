"""Take in the ledger's heartbeats, and tell how far they reach; and when each self-audit last ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from duban_contracts.events.heartbeat import LedgerHeartbeat
from services.chassis.consuming.deliveries import Delivery
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.chassis.telemetry import metrics
from services.scheduler import metrics as own
from services.scheduler.freshness import tables
from services.scheduler.freshness.model import Heartbeat, Watermark


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


async def known_then_missing(
    connection: Connection, missing: Callable[[Connection], Awaitable[list[str]]]
) -> tuple[Watermark | None, list[str]]:
    """Return how far the ledger is known here and, read after it, of which subjects an event is `missing`.

    The consumer may commit a batch between the two statements. In this order whatever stands ahead of the heartbeats that
    count is applied or found missing; in the other one an event could be neither, and its subject be accused (promise P3).
    """
    watermark = await tables.known(connection)
    return watermark, await missing(connection)


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


class Audited:
    """The self-audit `name`, done by `work`, with the gauge of when it last ended (wall time).

    Until the first round has read that from the table, the gauge says since when the process runs: a process that
    can't read it is told of, too.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], database: Database, clock: Clock) -> None:
        self._name = name
        self._work = work
        self._database = database
        self._clock = clock
        self._knows = False
        own.AUDITED.labels(name).set(clock.wall().timestamp())

    async def round(self) -> None:
        """Do the audit once; raises what it raises, and then it has not ended."""
        if not self._knows:
            async with self._database.transaction() as connection:
                ended = await tables.audited(connection, self._name, self._clock.wall())
            own.AUDITED.labels(self._name).set(ended.timestamp())
            self._knows = True
        await self._work()
        now = self._clock.wall()
        async with self._database.transaction() as connection:
            await tables.save_audited(connection, self._name, now)
        own.AUDITED.labels(self._name).set(now.timestamp())
