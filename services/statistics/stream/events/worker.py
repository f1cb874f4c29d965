"""The consumer role: Faust inside our own loop, with a bookkeeper and an observer beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

import structlog
from aiokafka.errors import KafkaError
from faust.contrib.asgi import bind_to_running_loop

from duban_contracts.days import Zone
from duban_contracts.deadlines.calendar import load_days
from duban_contracts.topics import TopicFamily
from services.chassis.assembly import Platform
from services.chassis.consuming.standing import ConsumerReadiness
from services.chassis.process import kafka
from services.chassis.process.cancelling import ended
from services.chassis.process.periodic import rest
from services.statistics.settings import Settings
from services.statistics.stream.events.agent import LedgerStream
from services.statistics.stream.events.app import CHANGELOG, build_app
from services.statistics.stream.events.broker import missing_topics
from services.statistics.stream.events.observer import StreamObserver
from services.statistics.stream.handlers.booking import CONSUMER
from services.statistics.stream.handlers.bookkeeper import Bookkeeper

_log = structlog.get_logger(__name__)
_STOP_SECONDS: Final = 15.0
_FAILED_STOP_SECONDS: Final = 3.0


class StreamWorker:
    """Runs the stream processor until asked to stop; raises when any part of it dies."""

    def __init__(self, platform: Platform[Settings]) -> None:
        self._platform = platform
        self._settings = platform.settings
        self.standing = ConsumerReadiness(CONSUMER)

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until `stopping`: then what was taken is booked and committed before the group is left."""
        self.standing.begins(self._platform.clock)
        if not await self._topics_exist(stopping):
            return
        bookkeeper = Bookkeeper(self._platform.database, self._platform.clock, topic_prefix=self._settings.topic_prefix)
        stream = self._stream(bookkeeper)
        observer = self._observer(stream, bookkeeper)
        beside = {asyncio.create_task(bookkeeper.run(), name="statistics-booking")}
        failed = True
        try:
            await stream.app.maybe_start()
            beside.add(asyncio.create_task(observer.run(stopping), name="statistics-observer"))
            await _first(stopping, {*beside, stream.failure})
            failed = False
        finally:
            if failed:
                # What the failure left unacknowledged will never be: there is nothing to wait for.
                stream.app.conf.stream_wait_empty = False
            await _stop(stream.app.stop(), _FAILED_STOP_SECONDS if failed else _STOP_SECONDS)
            await ended(*beside)

    def _stream(self, bookkeeper: Bookkeeper) -> LedgerStream:
        settings = self._settings
        app = build_app(
            bootstrap=settings.kafka,
            topic_prefix=settings.topic_prefix,
            data_directory=settings.data_directory,
            session_seconds=settings.session_seconds,
        )
        bind_to_running_loop(app)
        days = load_days(settings.profile, Zone(self._platform.city.timezone))
        stream = LedgerStream(app, bookkeeper, days, topic_prefix=settings.topic_prefix)
        app.finalize()
        return stream

    def _observer(self, stream: LedgerStream, bookkeeper: Bookkeeper) -> StreamObserver:
        return StreamObserver(
            stream.app,
            stream.topic,
            bookkeeper,
            self._platform.database,
            self._platform.clock,
            bootstrap=self._settings.kafka,
            stall_seconds=self._settings.stall_seconds,
            standing=self.standing,
        )

    async def _topics_exist(self, stopping: asyncio.Event) -> bool:
        """Wait for the broker and our topics, which are made elsewhere; return False when asked to stop first."""
        prefix = self._settings.topic_prefix
        needed = {f"{prefix}{TopicFamily.HAZARD}", f"{prefix}{CHANGELOG}"}
        while not stopping.is_set():
            try:
                missing = await missing_topics(self._settings.kafka, needed)
            except (KafkaError, OSError, TimeoutError) as error:
                why = await kafka.obstacle(self._settings.kafka) or repr(error)
                _log.warning("kafka is not reachable yet", error=why)
                self.standing.waits(f"Kafka is not reachable yet: {why}")
            else:
                if not missing:
                    return True
                _log.warning("topics are missing", topics=sorted(missing))
                self.standing.waits(f"topics are missing: {', '.join(sorted(missing))}")
            await rest(1, clock=self._platform.clock, stopping=stopping)
        return False


async def _first(stopping: asyncio.Event, parts: set[asyncio.Future[None]]) -> None:
    """Return when `stopping` is set; raise what the first part to end raised."""
    stop: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    try:
        done, _ = await asyncio.wait({stop, *parts}, return_when=asyncio.FIRST_COMPLETED)
        for part in done - {stop}:
            await part
            if not stopping.is_set():
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
