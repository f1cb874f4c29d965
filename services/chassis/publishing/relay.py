"""The relay carries the outbox to Kafka: in order per key, at least once, by one owner at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import structlog

from services.chassis.process.clock import Clock, back_off
from services.chassis.process.failpoints import reach
from services.chassis.process.kafka import Broker
from services.chassis.process.periodic import rest
from services.chassis.publishing.aside import Aside
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
_COUNT_SECONDS: Final = 1.0
_SELECT: Final = """SELECT id, topic, partition, key, value, headers, created_at
                      FROM outbox WHERE topic <> ALL ($2::text[]) ORDER BY id LIMIT $1"""
_OLDEST: Final = "SELECT created_at FROM outbox ORDER BY id LIMIT 1"
# The relay's session writes nothing but deletions. One that a crash of PostgreSQL takes back publishes the same ids again,
# which readers drop, as after a crash between ack and deletion: no disk is waited for. Nothing else in the platform may do so.
_DELETIONS_MAY_BE_LOST: Final = "SET synchronous_commit = off"
# An owner that is frozen, or whose host is gone, keeps the lock no longer than this without a word. One that works speaks several times
# a second, and with a broker that doesn't answer at least every 25 (the producer's time limit, and its end).
_SILENCE_SECONDS: Final = 60.0
_AS_BEFORE: Final = "RESET synchronous_commit; RESET idle_session_timeout"


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
        silence: float = _SILENCE_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._silence = silence
        self._aside = Aside()
        # By a clock that is never set back.
        self._count_at = time.monotonic()
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
                self._report_oldest(await connection.fetchval(_OLDEST))
                metrics.OUTBOX_PENDING.set(0)
                return False
            try:
                await connection.execute(
                    f"{_DELETIONS_MAY_BE_LOST}; SET idle_session_timeout = '{int(1000 * self._silence)}'"
                )
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
        # The clock may be set back.
        self._others_at = min(self._others_at, self._clock.wall())
        return _SELDOM_SECONDS if self._clock.wall() > self._others_at + _ALONE_AFTER else _LOOK_SECONDS

    async def _carry_batch(self, connection: Connection) -> int:
        """Publish one batch and delete what was acknowledged; raises NotAcknowledged when nothing was.

        Topics of which something wasn't are left out for a while.
        """
        left_out = self._aside.left_out()
        rows = await connection.fetch(_SELECT, _BATCH, left_out)
        await self._report(connection, rows, whole=not left_out)
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
        self._set_aside(rows, results)
        if not acknowledged:
            raise next(result for result in results if result is not None)
        return len(rows)

    def _set_aside(self, rows: Sequence[asyncpg.Record], results: Sequence[NotAcknowledged | None]) -> None:
        failed: dict[str, NotAcknowledged] = {}
        for row, result in zip(rows, results, strict=True):
            if result is not None:
                failed.setdefault(row["topic"], result)
        self._aside.note(failed.keys(), {row["topic"] for row in rows} - failed.keys())
        if failed:
            _log.warning("topics set aside", why={topic: str(result) for topic, result in failed.items()})

    def _measure(self, rows: Sequence[asyncpg.Record], acknowledged: set[int]) -> None:
        now, stage = self._clock.wall(), metrics.STAGE_DURATION.labels("outbox")
        for row in rows:
            if row["id"] in acknowledged:
                stage.observe(max(0.0, (now - row["created_at"]).total_seconds()))

    async def _report(self, connection: Connection, rows: Sequence[asyncpg.Record], *, whole: bool) -> None:
        """Tell how much stands in the outbox, and since when; `rows` of a look that isn't `whole` are not its first."""
        if whole and len(rows) < _BATCH:
            metrics.OUTBOX_PENDING.set(len(rows))
        elif time.monotonic() >= self._count_at:
            metrics.OUTBOX_PENDING.set(await connection.fetchval("SELECT count(*) FROM outbox"))
            self._count_at = time.monotonic() + _COUNT_SECONDS
        if whole:
            self._report_oldest(rows[0]["created_at"] if rows else None)
        else:
            self._report_oldest(await connection.fetchval(_OLDEST))

    def _report_oldest(self, oldest: datetime | None) -> None:
        metrics.OUTBOX_OLDEST.set((oldest or self._clock.wall()).timestamp())


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
