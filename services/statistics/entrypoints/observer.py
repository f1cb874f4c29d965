"""Watching the stream from beside it: lag, freshness, and whether it still moves."""

from __future__ import annotations

import asyncio
import faulthandler
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from services.chassis.consuming import dead_letters
from services.chassis.consuming.errors import Stalled
from services.chassis.process.clock import Clock
from services.chassis.storage.database import RETRYABLE, Database
from services.chassis.telemetry import metrics
from services.statistics.adapters import projection
from services.statistics.application.booking import CONSUMER, Bookkeeper
from services.statistics.entrypoints.broker import answers

_log = structlog.get_logger(__name__)
_ASK_SECONDS: Final = 5.0
# Longer than the longest pause between two tries of the database.
_BACK_OFF_SECONDS: Final = 15.0


class StreamObserver:
    """Exports the stream's positions; raises Stalled when there is work and the committed offsets stand still.

    Faust's consumer can die in its thread, or stop committing, while everything looks alive (upstream issues 175,
    640 and 596): then only a restart helps. A broker or a database that is away is no stall.
    """

    def __init__(
        self,
        app: faust.App,
        topic: str,
        bookkeeper: Bookkeeper,
        database: Database,
        clock: Clock,
        *,
        bootstrap: str,
        stall_seconds: float,
    ) -> None:
        self._app = app
        self._topic = topic
        self._bookkeeper = bookkeeper
        self._database = database
        self._clock = clock
        self._bootstrap = bootstrap
        self._stall_seconds = stall_seconds
        self._assigned_at = time.monotonic()
        self._moved_at: dict[TP, float] = {}
        self._committed: dict[TP, int] = {}
        self._recovered: dict[TP, Any] = {}

    async def run(self) -> None:
        """Observe once a second until cancelled; raises Stalled, or RuntimeError when Faust has crashed."""
        while True:
            await asyncio.sleep(1)
            if self._app.crashed:
                raise RuntimeError("Faust crashed") from self._app.crash_reason
            await self._observe()
            still = time.monotonic() - min(self._moved_at.values(), default=self._assigned_at)
            if still > self._stall_seconds:
                self._dump_stacks()
                raise Stalled(f"{CONSUMER}: a partition has records and committed nothing for {still:.0f} s")
            await self._report()

    async def _observe(self) -> None:
        asked_at = self._clock.wall()
        partitions = self._assigned()
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                ends = await self._app.consumer.highwaters(*partitions) if partitions else {}
        except (KafkaError, TimeoutError, OSError) as error:
            _log.warning("the ends of the topic are not known just now", error=repr(error))
            if not await answers(self._bootstrap):
                self._excuse()
            return
        consumer: Any = self._app.consumer
        committed = {tp: int(consumer._committed_offset[tp] or 0) for tp in partitions}  # noqa: SLF001
        self._export(asked_at.timestamp(), ends, committed)
        self._watch(ends, committed)

    def _watch(self, ends: Mapping[TP, int], committed: Mapping[TP, int]) -> None:
        """Note for each partition when it last moved, or had nothing to move for."""
        now = time.monotonic()
        if ends:
            self._assigned_at = now
        self._moved_at = {
            tp: now if end <= committed[tp] or committed[tp] != self._committed.get(tp) else self._moved_at[tp]
            for tp, end in ends.items()
        }
        self._committed = dict(committed)
        tables: Any = self._app.tables
        recovered = dict(tables.recovery.active_offsets)
        if recovered != self._recovered or now - self._bookkeeper.last_back_off < _BACK_OFF_SECONDS:
            self._excuse()
        self._recovered = recovered

    def _excuse(self) -> None:
        """Start the count anew: what we wait for is known, and no restart brings it back."""
        now = time.monotonic()
        self._assigned_at = now
        self._moved_at = dict.fromkeys(self._moved_at, now)

    def _assigned(self) -> set[TP]:
        try:
            return {tp for tp in self._app.consumer.assignment() if tp.topic == self._topic}
        except Exception:  # noqa: BLE001 - Faust raises what it likes while its consumer is being started
            return set()

    def _export(self, asked_at: float, ends: Mapping[TP, int], committed: Mapping[TP, int]) -> None:
        lag, through = 0, []
        for tp, end in ends.items():
            applied = self._bookkeeper.applied.get(tp.partition)
            position = applied.offset + 1 if applied else committed[tp]
            lag += max(0, end - position)
            if position >= end:
                through.append(asked_at)
            elif applied is not None:
                through.append(applied.recorded_at.timestamp())
        metrics.CONSUMER_LAG.labels(CONSUMER).set(lag)
        if ends and len(through) == len(ends):
            metrics.CONSUMER_OLDEST_UNPROCESSED.labels(CONSUMER).set(min(through))

    async def _report(self) -> None:
        try:
            async with self._database.acquire() as connection:
                await dead_letters.report(connection, CONSUMER)
                metrics.PARKED_EVENTS.labels(CONSUMER).set(await projection.parked_events(connection))
        except RETRYABLE as error:
            _log.warning("counts are not known just now", consumer=CONSUMER, error=repr(error))

    def _dump_stacks(self) -> None:
        _log.critical(
            "consumer stalled",
            consumer=CONSUMER,
            committed={tp.partition: offset for tp, offset in self._committed.items()},
        )
        task: asyncio.Task[Any]
        for task in asyncio.all_tasks():
            task.print_stack(file=sys.stderr)
        faulthandler.dump_traceback(file=sys.stderr)
