"""The relay carries the outbox to Kafka: in order per key, at least once, by one owner at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import asyncpg
import structlog

from services.chassis.process.clock import Clock, back_off
from services.chassis.process.failpoints import reach
from services.chassis.process.kafka import Broker
from services.chassis.process.periodic import rest
from services.chassis.publishing.broker_clock import BrokerClock
from services.chassis.publishing.outbox import OutboxMessage, Posted, unpack_headers
from services.chassis.publishing.producer import NotAcknowledged, ReliableProducer
from services.chassis.storage.database import Connection, Database, is_retryable
from services.chassis.telemetry import metrics

_log = structlog.get_logger(__name__)

_OWNER_LOCK: Final = 0x6F75_7462  # "outb": one relay owns a database's outbox; a second one stands by
_BATCH: Final = 1000
# Between two batches: what is committed meanwhile goes into one send and one deletion.
_BREATH_SECONDS: Final = 0.01
# Whoever commits here wakes the relay; this is for rows of other processes, whose relay stands by. Where a minute has brought
# none there mostly is no other, and five services would ask ten times a second for nobody.
_LOOK_SECONDS: Final = 0.1
_SELDOM_SECONDS: Final = 0.5
_ALONE_AFTER: Final = timedelta(minutes=1)
_STANDBY_SECONDS: Final = 0.5
_SELECT: Final = """SELECT id, topic, partition, key, value, headers, created_at
                      FROM outbox ORDER BY id LIMIT $1"""
# The relay's session writes nothing but deletions. One that a crash of PostgreSQL takes back publishes the same ids again,
# which readers drop, as after a crash between ack and deletion: no disk is waited for. Nothing else in the platform may do so.
_DELETIONS_MAY_BE_LOST: Final = "SET synchronous_commit = off"
_AS_BEFORE: Final = "RESET synchronous_commit"


class Relay:
    """Publishes outbox rows by id and deletes them after the broker's ack.

    A crash between ack and delete publishes the same event ids again; consumers drop what they have seen.
    """

    def __init__(
        self,
        *,
        database: Database,
        bootstrap: Broker | str,
        service: str,
        clock: Clock,
        broker_clock: BrokerClock | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._count_at = clock.wall()
        self._told = False
        self._producer = ReliableProducer(bootstrap, f"duban-{service}-relay", broker_clock=broker_clock)
        # In a row: what went well since is not held against a fault of today, or an alarm would wait for one of last month.
        self._failures = 0
        # When rows were last found without having been told of, so those of another process (wall).
        self._others_at = clock.wall()
        self._posted = asyncio.Event()
        database.after_commit(Posted, lambda _: self._posted.set())

    async def run(self, stopping: asyncio.Event) -> None:
        """Carry events until `stopping`; faults of the database or the broker are waited out."""
        if not self._told:
            # What is not known yet is as old as this. A relay that died and is begun again has said better.
            metrics.OUTBOX_OLDEST.set(self._clock.wall().timestamp())
            self._told = True
        try:
            while not stopping.is_set():
                try:
                    if not await self._own_and_drain(stopping):
                        await self._clock.sleep(_STANDBY_SECONDS)
                except Exception as error:
                    if not isinstance(error, NotAcknowledged | asyncpg.PostgresError) and not is_retryable(error):
                        raise
                    _log.warning("relay waits", error=repr(error), failures=self._failures)
                    await back_off(self._clock, self._failures)
                    self._failures += 1
        finally:
            await self._producer.stop()

    async def _own_and_drain(self, stopping: asyncio.Event) -> bool:
        """Take the owner's lock and drain while it is held; return whether it was ours."""
        async with self._database.acquire() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _OWNER_LOCK):
                # Another process owns it; its gauge may have frozen with it, and ours must not stand where it was.
                self._report_oldest(await connection.fetch(_SELECT, 1))
                metrics.OUTBOX_PENDING.set(0)
                return False
            try:
                await connection.execute(_DELETIONS_MAY_BE_LOST)
                while not stopping.is_set():
                    told = self._posted.is_set()
                    self._posted.clear()
                    published = await self._carry_batch(connection)
                    self._failures = 0
                    if published and not told:
                        self._others_at = self._clock.wall()
                    if not published:
                        await rest(self._look_after(), clock=self._clock, stopping=self._posted)
                    elif published < _BATCH:
                        await self._clock.sleep(_BREATH_SECONDS)
            finally:
                await _disown(connection)
            return True

    def _look_after(self) -> float:
        """Return in how many seconds to look for rows of other processes: seldom where there were none lately."""
        return _SELDOM_SECONDS if self._clock.wall() > self._others_at + _ALONE_AFTER else _LOOK_SECONDS

    async def _carry_batch(self, connection: Connection) -> int:
        """Publish one batch and delete what was acknowledged; raises NotAcknowledged when not all was."""
        rows = await connection.fetch(_SELECT, _BATCH)
        await self._report(connection, rows)
        if not rows:
            return 0
        reach("relay.selected")
        messages = [
            OutboxMessage(row["topic"], row["key"], row["value"], unpack_headers(row["headers"]), row["partition"])
            for row in rows
        ]
        results = await self._producer.publish(messages)
        reach("relay.acked")
        acknowledged = _prefix_per_key(rows, results)
        await connection.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", acknowledged)
        reach("relay.deleted")
        metrics.OUTBOX_PUBLISHED.inc(len(acknowledged))
        self._measure(rows, set(acknowledged))
        failed = next((result for result in results if result is not None), None)
        if failed is not None:
            raise failed
        return len(rows)

    def _measure(self, rows: Sequence[asyncpg.Record], acknowledged: set[int]) -> None:
        now, stage = self._clock.wall(), metrics.STAGE_DURATION.labels("outbox")
        for row in rows:
            if row["id"] in acknowledged:
                stage.observe(max(0.0, (now - row["created_at"]).total_seconds()))

    async def _report(self, connection: Connection, rows: Sequence[asyncpg.Record]) -> None:
        pending = len(rows)
        if pending == _BATCH and self._clock.wall() >= self._count_at:
            pending = await connection.fetchval("SELECT count(*) FROM outbox")
            self._count_at = self._clock.wall() + timedelta(seconds=1)
            metrics.OUTBOX_PENDING.set(pending)
        elif pending < _BATCH:
            metrics.OUTBOX_PENDING.set(pending)
        self._report_oldest(rows)

    def _report_oldest(self, rows: Sequence[asyncpg.Record]) -> None:
        oldest = rows[0]["created_at"] if rows else self._clock.wall()
        metrics.OUTBOX_OLDEST.set(oldest.timestamp())


async def _disown(connection: Connection) -> None:
    """Give the owner's lock back; a session that can't say so is ended, for its end frees the lock too.

    The session is the pool's: who gets it next waits for the disk again.
    """
    try:
        await connection.execute(_AS_BEFORE)
        await connection.execute("SELECT pg_advisory_unlock($1)", _OWNER_LOCK)
    except BaseException:
        connection.terminate()
        raise


def _prefix_per_key(rows: Sequence[asyncpg.Record], results: Sequence[NotAcknowledged | None]) -> list[int]:
    """Return the ids that may be deleted: acknowledged, with nothing unacknowledged before them on their key."""
    broken: set[tuple[str, bytes | None]] = set()
    acknowledged = []
    for row, result in zip(rows, results, strict=True):
        key = (row["topic"], row["key"])
        if result is not None:
            broken.add(key)
        elif key not in broken:
            acknowledged.append(row["id"])
    return acknowledged
