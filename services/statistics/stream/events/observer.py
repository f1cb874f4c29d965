"""Watching the stream from beside it: lag, freshness, and whether it still moves."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any, Final

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from services.chassis.consuming.errors import Stalled
from services.chassis.consuming.standing import ConsumerReadiness
from services.chassis.process.clock import Clock
from services.chassis.process.kafka import Broker
from services.chassis.process.periodic import every
from services.chassis.storage.database import Database
from services.chassis.telemetry import metrics
from services.chassis.telemetry.stacks import dump_stacks
from services.statistics.stream.events.broker import is_reachable
from services.statistics.stream.handlers.booking import CONSUMER
from services.statistics.stream.handlers.bookkeeper import Bookkeeper
from services.statistics.stream.handlers.reporting import report_standing
from services.statistics.stream.model import Movement

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
        bootstrap: Broker | str,
        stall_seconds: float,
        standing: ConsumerReadiness,
    ) -> None:
        self._app = app
        self._topic = topic
        self._bookkeeper = bookkeeper
        self._database = database
        self._clock = clock
        self._bootstrap = bootstrap
        self._stall_seconds = stall_seconds
        self._standing = standing
        # What is not known is as old as this.
        self._since = clock.wall()
        self._through: dict[TP, float] = {}
        self._movement = Movement[TP](assigned_at=time.monotonic())
        self._recovered: dict[TP, Any] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Observe once a second until `stopping`; raises Stalled, or RuntimeError when Faust has crashed."""
        await every(1, self._look, clock=self._clock, stopping=stopping, name="statistics observer")

    async def _look(self) -> None:
        if self._app.crashed:
            raise RuntimeError("Faust crashed") from self._app.crash_reason
        await self._observe()
        still = self._movement.still_for(time.monotonic())
        if still > self._stall_seconds:
            offsets = {tp.partition: offset for tp, offset in self._movement.committed.items()}
            _log.critical("consumer stalled", consumer=CONSUMER, committed=offsets)
            dump_stacks()
            raise Stalled(f"{CONSUMER}: a partition has records and committed nothing for {still:.0f} s")
        async with self._database.acquire() as connection:
            await report_standing(connection, self._clock, since=self._since)

    async def _observe(self) -> None:
        asked_at = self._clock.wall()
        partitions = self._assigned()
        stands_by = not partitions and self._app.unassigned and not self._app.rebalancing
        # Whoever stands by asks, too: that the client lives and reaches the broker is what makes it ready.
        asked = partitions or ({TP(self._topic, 0)} if stands_by else set())
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                ends = await self._app.consumer.highwaters(*asked) if asked else {}
        except (KafkaError, TimeoutError, OSError) as error:
            _log.warning("the ends of the topic are not known just now", error=repr(error))
            self._standing.waits(f"the broker does not answer: {error!r}")
            if not await is_reachable(self._bootstrap):
                self._note_waiting()
            return
        consumer: Any = self._app.consumer
        committed = {tp: int(consumer._committed_offset[tp] or 0) for tp in partitions}  # noqa: SLF001
        metrics.CONSUMER_PARTITIONS.labels(CONSUMER).set(len(partitions))
        if partitions:
            self._standing.reads()
            self._export(asked_at.timestamp(), ends, committed)
        elif stands_by:
            ends = {}
            self._stand_by()
        else:
            self._standing.waits("has no partitions")
        self._movement.note(ends, committed, time.monotonic())
        tables: Any = self._app.tables
        recovered = dict(tables.recovery.active_offsets)
        if recovered != self._recovered or time.monotonic() - self._bookkeeper.last_back_off < _BACK_OFF_SECONDS:
            self._note_waiting()
        self._recovered = recovered

    def _stand_by(self) -> None:
        """Tell that the group has no partition for this worker: what others process is theirs to tell, and nothing stalls here.

        An instant left from before would grow old and look like a backlog.
        """
        self._standing.reads()
        self._through.clear()
        metrics.CONSUMER_LAG.labels(CONSUMER).set(0)
        with contextlib.suppress(KeyError):
            metrics.CONSUMER_OLDEST_UNPROCESSED.remove(CONSUMER)
        self._note_waiting()

    def _note_waiting(self) -> None:
        """Note that the stream waits for something known: the broker, the database, or the table's recovery."""
        self._movement.excuse(time.monotonic())

    def _assigned(self) -> set[TP]:
        try:
            return {tp for tp in self._app.consumer.assignment() if tp.topic == self._topic}
        except Exception:  # noqa: BLE001 - Faust raises what it likes while its consumer is being started
            return set()

    def _export(self, asked_at: float, ends: Mapping[TP, int], committed: Mapping[TP, int]) -> None:
        lag, oldest = 0, asked_at
        self._through = {tp: instant for tp, instant in self._through.items() if tp in ends}
        for tp, end in ends.items():
            applied = self._bookkeeper.applied.get(tp.partition)
            # What was applied here may lie before what another worker committed since.
            position = max(applied.offset + 1, committed[tp]) if applied else committed[tp]
            lag += max(0, end - position)
            known = [applied.recorded_at.timestamp()] if applied else []
            known += [asked_at] if position >= end else []
            known += [self._through[tp]] if tp in self._through else []
            if known:
                self._through[tp] = max(known)
            oldest = min(oldest, self._through.get(tp, self._since.timestamp()))
        metrics.CONSUMER_LAG.labels(CONSUMER).set(lag)
        metrics.CONSUMER_OLDEST_UNPROCESSED.labels(CONSUMER).set(oldest)
