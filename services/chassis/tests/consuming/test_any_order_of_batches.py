"""Whatever is fetched and whatever ends first: each partition's records are applied in their order, and by one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from aiokafka import TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.loop import Loop
from services.chassis.consuming.observer import Observer
from services.chassis.testing.clock import ManualClock
from services.chassis.tests.consuming.fetched import Fetched

pytestmark = [pytest.mark.promise("P1"), pytest.mark.pure]

NOON: Final = datetime(2026, 11, 28, 4, tzinfo=UTC)
FULL: Final = 3
STEPS: Final = st.integers(0, 4)


class Trouble(Exception):
    """What an attempt raises that nobody can mend."""


class Scene:
    """A loop on a topic of four partitions whose every answer is drawn: what a fetch brings, how long a batch takes."""

    def __init__(self, data: st.DataObject, *, abreast: bool, fails_at: int | None = None) -> None:
        self._draw = data.draw
        self._left = self._draw(st.lists(st.integers(0, 3), max_size=40), label="partitions of the records to come")
        self._next = dict.fromkeys(range(4), 0)
        self._fails_at = fails_at
        self.taken: list[tuple[int, int]] = []
        self.applied: list[tuple[int, int]] = []
        self.noted: dict[TopicPartition, int] = {}
        self.under_way: list[set[TopicPartition]] = []
        self.most_under_way = self.attempts = 0
        self.stopping = asyncio.Event()
        parts: Any = self
        client: Any = Fetched()
        self.observer = Observer(
            name="worker", consumer=client, bootstrap="", clock=ManualClock(NOON), stall_timeout=90, since=NOON
        )
        self.loop = Loop(parts, parts, self.observer, parts, set(), abreast=abreast)

    async def records(self, in_hand: AbstractSet[TopicPartition]) -> list[RawRecord]:
        """As `Fetching`: what is drawn, of partitions in hand only where of the others there is nothing."""
        await self._pass()
        others = [each for each in self._left if TopicPartition("in", each) not in in_hand]
        wanted = (others or self._left)[: self._draw(st.integers(0, FULL), label="fetched")]
        if not self._left:
            self.stopping.set()
        found = []
        for partition in wanted:
            self._left.remove(partition)
            found.append(RawRecord("in", partition, self._next[partition], NOON, None, None, []))
            self._next[partition] += 1
        self.taken += [(each.partition, each.offset) for each in found]
        return found

    def is_full(self, records: Sequence[RawRecord]) -> bool:
        return len(records) == FULL

    def put_back_held(self, records: Sequence[RawRecord]) -> Sequence[RawRecord]:
        return records

    async def apply(self, records: Sequence[RawRecord], *_: object) -> bool:
        """As `Attempts`: takes as long as is drawn."""
        mine = {record.topic_partition for record in records}
        assert all(mine.isdisjoint(others) for others in self.under_way), "a partition is one batch's at a time"
        self.under_way.append(mine)
        self.most_under_way = max(self.most_under_way, len(self.under_way))
        self.attempts += 1
        try:
            if self.attempts == self._fails_at:
                raise Trouble
            await self._pass()
            self.applied += [(each.partition, each.offset) for each in records]
        finally:
            self.under_way.remove(mine)
        return True

    def note(self, records: Sequence[RawRecord], _: int) -> None:
        """As `Offsets`."""
        for record in records:
            assert self.noted.get(record.topic_partition, 0) == record.offset, "none is left out"
            self.noted[record.topic_partition] = record.next_offset

    async def commit(self) -> bool:
        return True

    async def _pass(self) -> None:
        for _ in range(self._draw(STEPS, label="steps")):
            await asyncio.sleep(0)


@given(data=st.data(), abreast=st.booleans())
@settings(deadline=None)
def test_each_record_is_applied_once_in_its_partitions_order_and_nothing_is_left_in_hand(
    data: st.DataObject, *, abreast: bool
) -> None:
    async def play() -> Scene:
        scene = Scene(data, abreast=abreast)
        await scene.loop.run(scene.stopping)
        return scene

    scene = asyncio.run(play())
    for partition in range(4):
        mine = [offset for each, offset in scene.applied if each == partition]
        # Who stops leaves what it had fetched ahead to the next reader: the end may be missing, never a piece.
        assert mine == list(range(len(mine)))
        assert scene.noted.get(TopicPartition("in", partition), 0) == len(mine)
    assert scene.under_way == []
    assert len(scene.applied) >= len(scene.taken) - FULL
    assert scene.most_under_way <= (2 if abreast else 1)


@given(data=st.data(), fails_at=st.integers(1, 6))
@settings(deadline=None)
def test_what_ends_one_batch_for_good_ends_the_loop_and_the_batch_beside_it(data: st.DataObject, fails_at: int) -> None:
    async def play() -> Scene:
        scene = Scene(data, abreast=True, fails_at=fails_at)
        try:
            await scene.loop.run(scene.stopping)
        except Trouble:
            assert scene.attempts >= fails_at
        else:
            assert scene.attempts < fails_at
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, "nothing goes on behind our back"
        return scene

    scene = asyncio.run(play())
    assert scene.under_way == []
