"""Booking taken events in batches: one transaction a batch, and only then may Kafka's offset move on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import structlog

from services.chassis.consuming import dead_letters
from services.chassis.consuming.dead_letters import DeadLetterLimit
from services.chassis.consuming.errors import DeadLetterLimitExceeded, is_away
from services.chassis.process.clock import Clock, back_off
from services.chassis.process.failpoints import reach
from services.chassis.storage.database import Database
from services.statistics.books.model.changes import Progress
from services.statistics.books.model.record import HazardRecord
from services.statistics.books.tables import records
from services.statistics.stream.handlers import transaction
from services.statistics.stream.handlers.booking import CONSUMER, Booking, given_up, progress_of
from services.statistics.stream.handlers.queue import Queue
from services.statistics.stream.handlers.reporting import report_batch, report_booked

_log = structlog.get_logger(__name__)

_TABLE_WRITE_SECONDS: Final = 30


class Bookkeeper:
    """Takes what the stream hands in and books it, a batch at a time, in the order it came."""

    def __init__(
        self, database: Database, clock: Clock, *, topic_prefix: str = "", limit: DeadLetterLimit | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._topic_prefix = topic_prefix
        self._limit = limit or DeadLetterLimit()
        self._queue = Queue()
        self.applied: dict[int, Progress] = {}
        self.last_back_off = float("-inf")

    async def hand_in(self, booking: Booking) -> None:
        """Queue one record; waits while too many are queued."""
        await self._queue.put(booking)

    async def run(self) -> None:
        """Book batches until cancelled. Raises DeadLetterLimitExceeded, or what the stream table's write raised."""
        async with self._database.acquire() as connection:
            await dead_letters.check_limit(connection, CONSUMER, self._limit)
        while True:
            batch = await self._queue.first()
            reach("statistics.taken")
            started = time.perf_counter()
            await self._book(batch)
            reach("statistics.booked")
            await self._wait_for_table(batch)
            report_batch(batch, time.perf_counter() - started, self._clock)
            for booking in batch:
                booking.ack()
            self._queue.taken(len(batch))

    async def saved(self, hazard_id: str) -> HazardRecord | None:
        """Return a hazard's record as the database has it, waiting as long as that is away."""
        attempt = 0
        while True:
            try:
                async with self._database.acquire() as connection:
                    return await records.load(connection, hazard_id)
            except Exception as error:
                if not is_away(error):
                    raise
                attempt = await self._back_off(attempt, error)

    async def _book(self, batch: Sequence[Booking]) -> None:
        """Book a batch. When it can't be, book each record alone: the bad one becomes a dead letter."""
        attempt = 0
        while True:
            try:
                async with self._database.transaction(waits=self._waits) as connection:
                    counted = await transaction.write(
                        connection, batch, topic_prefix=self._topic_prefix, limit=self._limit
                    )
                    reach("statistics.before_database_commit")
            except DeadLetterLimitExceeded:
                raise
            except Exception as error:  # noqa: BLE001 - what is not away is about one record: find it
                if is_away(error):
                    attempt = await self._back_off(attempt, error)
                    continue
                alone = batch if len(batch) > 1 else [given_up(batch[0], error)]
                for booking in alone:
                    await self._book([booking])
            else:
                self.applied.update(progress_of(batch))
                report_booked(batch, counted, self._clock)
            return

    async def _back_off(self, attempt: int, error: BaseException) -> int:
        self._waits()
        _log.warning("the database is tried again", consumer=CONSUMER, error=repr(error), attempt=attempt)
        await back_off(self._clock, attempt)
        return attempt + 1

    def _waits(self) -> None:
        self.last_back_off = time.monotonic()

    async def _wait_for_table(self, batch: Sequence[Booking]) -> None:
        writes = [booking.table_write for booking in batch if booking.table_write is not None]
        async with asyncio.timeout(_TABLE_WRITE_SECONDS):
            await asyncio.gather(*writes)
