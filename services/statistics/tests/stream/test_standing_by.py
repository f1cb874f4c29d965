"""What a worker of statistics tells of itself while the group gives its partitions to others, and when it has some again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.types import TP
from prometheus_client import REGISTRY

from services.chassis.consuming.standing import ConsumerReadiness
from services.chassis.process.clock import Clock
from services.statistics.books.model.changes import Progress
from services.statistics.stream.events.observer import StreamObserver
from services.statistics.stream.handlers.booking import CONSUMER

pytestmark = pytest.mark.pure

TOPIC = "ledger.hazard.v1"
FIRST = TP(TOPIC, 0)
NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


def _told(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"duban_consumer_{name}", {"consumer": CONSUMER})


class Worker:
    """A stream observer on a Kafka of which the test says what is assigned, committed and written."""

    def __init__(self) -> None:
        self.wall = NOW
        self.is_away = False
        self.ends: dict[TP, int] = {}
        self.committed: dict[TP, int] = {}
        consumer = SimpleNamespace(
            assignment=lambda: set(self.ends), highwaters=self._highwaters, _committed_offset=self.committed
        )
        tables = SimpleNamespace(recovery=SimpleNamespace(active_offsets={}))
        self.app = SimpleNamespace(unassigned=False, rebalancing=False, consumer=consumer, tables=tables)
        self.bookkeeper = SimpleNamespace(applied=dict[int, Progress](), last_back_off=float("-inf"))
        clock = cast("Clock", SimpleNamespace(wall=lambda: self.wall))
        self.standing = ConsumerReadiness(CONSUMER)
        self.standing.begins(clock)
        self._observer = StreamObserver(
            cast("Any", self.app),
            TOPIC,
            cast("Any", self.bookkeeper),
            cast("Any", None),
            clock,
            bootstrap="nowhere",
            stall_seconds=90,
            standing=self.standing,
        )

    async def _highwaters(self, *partitions: TP) -> dict[TP, int]:
        if self.is_away:
            raise KafkaConnectionError
        return {tp: self.ends.get(tp, 0) for tp in partitions}

    async def look(self, *, seconds: int = 0) -> None:
        self.wall += timedelta(seconds=seconds)
        await self._observer._observe()

    def gives(self, *, end: int, committed: int) -> None:
        self.ends[FIRST], self.committed[FIRST] = end, committed

    def takes_all(self) -> None:
        self.ends.clear()
        self.app.unassigned = True


async def test_a_worker_whose_partitions_went_to_others_tells_of_no_backlog_and_is_ready() -> None:
    worker = Worker()
    worker.gives(end=7, committed=7)
    await worker.look()
    assert _told("oldest_unprocessed_timestamp_seconds") == NOW.timestamp()
    worker.takes_all()
    await worker.look(seconds=600)
    assert _told("oldest_unprocessed_timestamp_seconds") is None
    assert (_told("lag_records"), _told("assigned_partitions")) == (0, 0)
    assert await worker.standing.missing() is None


async def test_a_worker_that_stands_by_and_does_not_reach_the_broker_is_not_ready() -> None:
    worker = Worker()
    worker.takes_all()
    await worker.look()
    worker.is_away = True
    await worker.look(seconds=1)
    assert "the broker does not answer" in (await worker.standing.missing() or "")
    worker.is_away = False
    await worker.look(seconds=1)
    assert await worker.standing.missing() is None


async def test_a_worker_that_has_not_joined_or_rejoins_is_as_old_as_what_it_knows() -> None:
    worker = Worker()
    await worker.look(seconds=120)
    assert _told("oldest_unprocessed_timestamp_seconds") == NOW.timestamp()
    assert "has no partitions" in (await worker.standing.missing() or "")
    worker.app.unassigned = worker.app.rebalancing = True
    await worker.look(seconds=120)
    assert _told("oldest_unprocessed_timestamp_seconds") == NOW.timestamp()


async def test_a_partition_that_comes_back_is_as_far_as_the_other_worker_committed() -> None:
    worker = Worker()
    worker.bookkeeper.applied[0] = Progress(4, NOW, None)
    worker.gives(end=5, committed=5)
    await worker.look()
    worker.takes_all()
    await worker.look(seconds=600)
    worker.app.unassigned = False
    worker.gives(end=900, committed=900)
    await worker.look(seconds=600)
    assert _told("oldest_unprocessed_timestamp_seconds") == worker.wall.timestamp()
    assert _told("lag_records") == 0
