"""The ledger's heartbeat: how far the counties' topics are applied, said in order with what was recorded.

The scheduler raises 督办逾期 only up to a heartbeat, so a 整改完成 on its way can't be overtaken (promise P3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiokafka import TopicPartition

from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.topics import PARTITIONS, TopicFamily, county_of
from services.chassis.process.clock import Clock
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import outgoing
from services.chassis.storage.database import RETRYABLE, Connection, Database
from services.ledger import metrics
from services.ledger.adapters import locks, progress
from services.ledger.application.journal import SOURCE

_log = structlog.get_logger(__name__)

BEAT_SECONDS: Final = 1.0

# The broker stamps a record before a reader can see it, and its clock is not ours: what it stamped up to a second
# before the end was seen may still have been on its way then. Wall time, whatever the pace of domain time.
MARGIN: Final = timedelta(seconds=1)


async def note_progress(connection: Connection, applied_through: Mapping[TopicPartition, datetime]) -> None:
    """Remember in the batch's transaction up to which broker time each county partition is applied."""
    await progress.note(connection, {(tp.topic, tp.partition): instant for tp, instant in applied_through.items()})


class Heartbeat:
    """Writes about once a second one heartbeat to each partition of `ledger.hazard.v1`, through the outbox."""

    def __init__(self, database: Database, clock: Clock, topics: Sequence[str], topic_prefix: str) -> None:
        self._database = database
        self._clock = clock
        self._topics = topics
        self._hazard_topic = f"{topic_prefix}{TopicFamily.HAZARD}"

    async def run(self, stopping: asyncio.Event) -> None:
        """Beat until `stopping`; faults of the database are waited out."""
        while not stopping.is_set():
            try:
                await self.beat()
            except RETRYABLE as error:
                _log.warning("heartbeat waits", error=repr(error))
            await self._clock.sleep(BEAT_SECONDS)

    async def beat(self) -> datetime | None:
        """Send one heartbeat to every partition; return its instant (domain time), or None if nothing is new.

        The progress is read and the rows are written while no command is in flight. So whatever a command or a
        claim recorded before `applied_through` stands ahead of the heartbeat in the outbox.
        """
        async with self._database.transaction() as connection:
            await locks.wait_for_commands(connection)
            await self._report_waiting(connection)
            least = await progress.least(connection, self._topics, PARTITIONS)
            if least is None:
                return None
            applied_through = self._clock.at(min(least, self._clock.wall()) - MARGIN)
            if not await progress.raise_heartbeat(connection, applied_through):
                return None
            event = new_event(
                LedgerHeartbeat(applied_through=applied_through),
                source=SOURCE,
                subject="heartbeat",
                key="heartbeat",
                time=self._clock.now(),
            )
            await outbox.append(
                connection, [outgoing(self._hazard_topic, event, partition) for partition in range(PARTITIONS)]
            )
        return applied_through

    async def _report_waiting(self, connection: Connection) -> None:
        waiting = await progress.waiting_claims(connection)
        for county in filter(None, map(county_of, self._topics)):
            metrics.WAITING_CLAIMS.labels(county).set(waiting.get(county, 0))
