"""The consumer role: Faust inside our own loop, with a bookkeeper and an observer beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from typing import Any, Final

import structlog
from aiokafka.errors import KafkaError
from faust.contrib.asgi import bind_to_running_loop

from duban_contracts.topics import TopicFamily
from services.chassis.process.clock import Clock
from services.chassis.storage.database import RETRYABLE, Database
from services.statistics.adapters import projection
from services.statistics.application.booking import Bookkeeper
from services.statistics.entrypoints.broker import missing_topics
from services.statistics.entrypoints.observer import StreamObserver
from services.statistics.entrypoints.stream import TABLE, LedgerStream, build_app
from services.statistics.metrics import CLEARANCE_DURATION, HAZARDS_OPEN, HAZARDS_OVERDUE
from services.statistics.settings import Settings

_log = structlog.get_logger(__name__)
_STOP_SECONDS: Final = 15.0
_FAILED_STOP_SECONDS: Final = 3.0


class StreamWorker:
    """Runs the stream processor until asked to stop; raises when any part of it dies."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, *, counties: Sequence[str], grades: Sequence[str]
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._counties = counties
        self._grades = grades

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until `stopping`: then what was taken is booked and committed before the group is left."""
        if not await self._topics_exist(stopping):
            return
        prefix = self._settings.topic_prefix
        bookkeeper = Bookkeeper(self._database, self._clock, topic_prefix=prefix)
        app = build_app(
            bootstrap=self._settings.kafka_bootstrap,
            topic_prefix=prefix,
            data_directory=self._settings.data_directory,
            session_seconds=self._settings.session_seconds,
        )
        bind_to_running_loop(app)
        stream = LedgerStream(app, bookkeeper, topic_prefix=prefix)
        observer = StreamObserver(
            app,
            stream.topic,
            bookkeeper,
            self._database,
            self._clock,
            bootstrap=self._settings.kafka_bootstrap,
            stall_seconds=self._settings.stall_seconds,
        )
        app.finalize()
        booking = asyncio.create_task(bookkeeper.run(), name="statistics-booking")
        failed = True
        try:
            await app.maybe_start()
            beside = {
                booking,
                asyncio.create_task(observer.run(), name="statistics-observer"),
                asyncio.create_task(self._gauges(), name="statistics-gauges"),
            }
            try:
                await _first(stopping, {*beside, stream.failure})
                failed = False
            finally:
                if failed:
                    # What the failure left unacknowledged will never be: there is nothing to wait for.
                    app.conf.stream_wait_empty = False
                await _stop(app.stop(), _FAILED_STOP_SECONDS if failed else _STOP_SECONDS)
                await _cancel(beside)
        finally:
            await _cancel({booking})

    async def _topics_exist(self, stopping: asyncio.Event) -> bool:
        """Wait for the broker and our topics, which are made elsewhere; return False when asked to stop first."""
        prefix = self._settings.topic_prefix
        needed = {f"{prefix}{TopicFamily.HAZARD}", f"{prefix}statistics-{TABLE}-changelog"}
        while not stopping.is_set():
            try:
                missing = await missing_topics(self._settings.kafka_bootstrap, needed)
            except (KafkaError, OSError, TimeoutError) as error:
                _log.warning("kafka is not reachable yet", error=repr(error))
            else:
                if not missing:
                    return True
                _log.warning("topics are missing", topics=sorted(missing))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), 1)
        return False

    async def _gauges(self) -> None:
        """Refresh the open and overdue gauges; every county × grade is there from the start, closings too, at 0."""
        while True:
            try:
                async with self._database.acquire() as connection:
                    stock = await projection.open_and_overdue(connection)
            except RETRYABLE as error:
                _log.warning("the stock is not known just now", error=repr(error))
            else:
                counts = {(county, grade): (0, 0) for county in self._counties for grade in self._grades}
                counts |= {(county, grade): (is_open, overdue) for county, grade, is_open, overdue in stock}
                for labels, (is_open, overdue) in counts.items():
                    HAZARDS_OPEN.labels(*labels).set(is_open)
                    HAZARDS_OVERDUE.labels(*labels).set(overdue)
                    CLEARANCE_DURATION.labels(*labels)
            await self._clock.sleep(self._settings.gauge_seconds)


async def _first(stopping: asyncio.Event, parts: set[asyncio.Future[None]]) -> None:
    """Return when `stopping` is set; raise what the first part to end raised."""
    stop: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    try:
        done, _ = await asyncio.wait({stop, *parts}, return_when=asyncio.FIRST_COMPLETED)
        for part in done - {stop}:
            await part
            raise RuntimeError("a part of the stream worker ended by itself")
    finally:
        stop.cancel()


async def _stop(stopping: Awaitable[None], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping
    except TimeoutError:
        # What was not committed is read again: nothing is lost by leaving now.
        _log.warning("faust did not stop in time", seconds=seconds)


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
