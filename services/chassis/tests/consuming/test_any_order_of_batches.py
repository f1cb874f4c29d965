"""Whatever is fetched and whatever ends first: each partition's records are applied in their order, and by one at a time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import pytest
from aiokafka import TopicPartition
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.loop import Loop
from services.chassis.consuming.observer import Observer
from services.chassis.testing.clock import ManualClock
from services.chassis.tests.consuming.fetched import Fetched

pytestmark = [pytest.mark.promise("P1"), pytest.mark.pure]

NOON: Final = datetime(2026, 11, 28, 4, tzinfo=UTC)
FULL: Final = 3
PARTITIONS: Final = 4


class Trouble(Exception):
    """What an attempt raises that nobody can mend."""


class Course(NamedTuple):
    """How one play goes: the partitions of the records to come, and by turns what a fetch brings and how long things take."""

    records: list[int]
    fetched: list[int]
    regards: list[bool]
    steps: list[int]


COURSES: Final = st.builds(
    Course,
    records=st.lists(st.integers(0, PARTITIONS - 1), min_size=1, max_size=40),
    fetched=st.lists(st.sampled_from([FULL, FULL, FULL, 2, 1, 0]), min_size=1, max_size=6).filter(any),
    regards=st.lists(st.booleans(), min_size=1, max_size=4),
    steps=st.lists(st.integers(0, 20), min_size=1, max_size=8),
)


class Scene:
    """A loop on a topic of four partitions, and its client, its attempts and its offsets as `course` has them."""

    def __init__(
        self,
        course: Course,
        *,
        abreast: bool,
        fails_at: int = 0,
        breaks_at: int = 0,
        broken: type[BaseException] = Trouble,
    ) -> None:
        self._left = list(course.records)
        self._fetched = itertools.cycle(course.fetched)
        self._regards = itertools.cycle(course.regards)
        self._steps = itertools.cycle(course.steps)
        self._next = dict.fromkeys(range(PARTITIONS), 0)
        self._fails_at, self._breaks_at, self._broken = fails_at, breaks_at, broken
        self._fetches = 0
        self.taken: list[tuple[int, int]] = []
        self.applied: list[tuple[int, int]] = []
        self.noted: dict[TopicPartition, int] = {}
        self.under_way: list[set[TopicPartition]] = []
        self.most_under_way = self.attempts = 0
        self.cut_off = False
        self.stopping = asyncio.Event()
        parts: Any = self
        client: Any = Fetched()
        self.observer = Observer(
            name="worker", consumer=client, bootstrap="", clock=ManualClock(NOON), stall_timeout=90, since=NOON
        )
        self.loop = Loop(parts, parts, self.observer, parts, set(), abreast=abreast)

    async def records(self, in_hand: AbstractSet[TopicPartition]) -> list[RawRecord]:
        """As `Fetching`: by turns it regards what is in hand, or brings what comes first all the same."""
        self._fetches += 1
        if self._fetches == self._breaks_at:
            raise self._broken
        await self._pass()
        others = [each for each in self._left if TopicPartition("in", each) not in in_hand]
        regards = next(self._regards) and bool(others)
        wanted = (others if regards else self._left)[: next(self._fetched)]
        if not self._left:
            self.stopping.set()
        found = []
        for partition in wanted:
            self._left.remove(partition)
            found.append(RawRecord("in", partition, self._next[partition], NOON, None, None, []))
            self._next[partition] += 1
        self.taken += [(each.partition, each.offset) for each in found]
        assert len(self.observer._hands._batches) < 2, "two are in hand at most"
        return found

    def is_full(self, records: Sequence[RawRecord]) -> bool:
        return len(records) == FULL

    def put_back_held(self, records: Sequence[RawRecord]) -> Sequence[RawRecord]:
        return records

    async def apply(self, records: Sequence[RawRecord], *_: object) -> bool:
        """As `Attempts`: takes as long as the course has it."""
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
        except asyncio.CancelledError:
            self.cut_off = True
            raise
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
        for _ in range(next(self._steps)):
            await asyncio.sleep(0)


@given(course=COURSES, abreast=st.booleans())
@settings(deadline=None)
def test_each_record_is_applied_once_in_its_partitions_order_and_nothing_is_left_in_hand(
    course: Course, *, abreast: bool
) -> None:
    async def play() -> Scene:
        scene = Scene(course, abreast=abreast)
        await scene.loop.run(scene.stopping)
        return scene

    scene = asyncio.run(play())
    for partition in range(PARTITIONS):
        mine = [offset for each, offset in scene.applied if each == partition]
        # Who stops leaves what it had fetched ahead to the next reader: the end may be missing, never a piece.
        assert mine == list(range(len(mine)))
        assert scene.noted.get(TopicPartition("in", partition), 0) == len(mine)
    assert not scene.cut_off, "whoever is asked to stop finishes what is being applied"
    assert scene.under_way == []
    assert len(scene.applied) >= len(scene.taken) - FULL
    assert scene.most_under_way <= (2 if abreast else 1)


# The second fails while the first, of another partition, has a while to go.
@example(course=Course([0] * FULL + [1] * FULL, [FULL], [True], [0, 20, 0]), fails_at=2)
@given(course=COURSES, fails_at=st.integers(1, 6))
@settings(deadline=None)
def test_what_ends_one_batch_for_good_ends_the_loop_and_the_batch_beside_it(course: Course, fails_at: int) -> None:
    async def play() -> Scene:
        scene = Scene(course, abreast=True, fails_at=fails_at)
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


# aiokafka hands on a cancellation of its own.
@given(course=COURSES, abreast=st.booleans(), breaks_at=st.integers(1, 6), cancelled=st.booleans())
@example(course=Course([0] * FULL + [1] * FULL, [FULL], [True], [0, 20]), abreast=True, breaks_at=2, cancelled=False)
@example(course=Course([0] * FULL + [1] * FULL, [FULL], [True], [0, 20]), abreast=True, breaks_at=2, cancelled=True)
@settings(deadline=None)
def test_what_breaks_the_client_is_told_once_what_is_being_applied_is_done(
    course: Course, breaks_at: int, *, abreast: bool, cancelled: bool
) -> None:
    broken = asyncio.CancelledError if cancelled else Trouble

    async def play() -> Scene:
        scene = Scene(course, abreast=abreast, breaks_at=breaks_at, broken=broken)
        try:
            await scene.loop.run(scene.stopping)
        except broken:
            assert len(scene.applied) == len(scene.taken)
        else:
            assert scene.stopping.is_set()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return scene

    assert not asyncio.run(play()).cut_off
