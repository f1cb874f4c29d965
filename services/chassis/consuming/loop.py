"""The loop of one member of a group: fetch, apply, fetch, and behind a full batch the next one while that is applied."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from aiokafka import TopicPartition

from services.chassis.consuming.attempts import Attempts
from services.chassis.consuming.deliveries import RawRecord, of_types, read
from services.chassis.consuming.fetching import Fetching
from services.chassis.consuming.hands import Taken
from services.chassis.consuming.observer import Observer
from services.chassis.consuming.offsets import Offsets
from services.chassis.process.cancelling import ended
from services.chassis.process.failpoints import reach

_MOST_IN_HAND: Final = 2
# A batch that hangs would else be hidden for ever by those that pass it: so the loop stands still, too, and is a stall.
_MOST_OVERTAKING: Final = 8


class _UnderWay(NamedTuple):
    """A batch in hand: it waits for its turn, or is applied."""

    partitions: AbstractSet[TopicPartition]
    task: asyncio.Task[bool]


class Loop:
    """Takes what `fetching` gives, of the types that are `needed` (none: all), to its effect.

    Two batches are in hand at most. The second is applied behind the first, or beside it where it is `abreast` and neither
    has a record of a partition of the other: each partition's records are applied in their order either way.
    """

    def __init__(
        self,
        fetching: Fetching,
        attempts: Attempts,
        observer: Observer,
        offsets: Offsets,
        needed: AbstractSet[str],
        *,
        abreast: bool,
    ) -> None:
        self._fetching = fetching
        self._attempts = attempts
        self._observer = observer
        self._offsets = offsets
        self._needed = needed
        self._abreast = abreast

    async def run(self, stopping: asyncio.Event) -> None:
        """Work off batch after batch until `stopping`; then finish what is being applied, and commit."""
        under_way: list[_UnderWay] = []
        fetch: asyncio.Task[Taken] | None = None
        full, overtaking = False, 0
        asked = asyncio.create_task(stopping.wait())
        try:
            while not stopping.is_set():
                self._observer.turned()
                # Behind a full batch there is more. What comes behind another one is left to gather meanwhile.
                most = _MOST_IN_HAND if full and overtaking < _MOST_OVERTAKING else 1
                if fetch is None and len(under_way) < most:
                    # In a rebalance aiokafka's getmany waits for the new assignment, however long that takes.
                    fetch = asyncio.create_task(self._fetch(_partitions(under_way)))
                waited_for = {asked, *_tasks(under_way), *([fetch] if fetch else [])}
                await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
                done = [each for each in under_way if each.task.done()]
                overtaking = 0 if under_way[:1] == done[:1] else overtaking + len(done)
                under_way = [each for each in under_way if each not in done]
                if not all(each.task.result() for each in done):
                    break
                if fetch is not None and fetch.done():
                    if fetch.cancelled() or fetch.exception() is not None:
                        # The client broke, or handed on a cancellation of its own; what is being applied has come to no harm.
                        break
                    taken, fetch = fetch.result(), None
                    full = self._fetching.is_full(taken.records)
                    if taken.records:
                        under_way.append(self._begin(taken, under_way, stopping))
            await asyncio.gather(*_tasks(under_way))
            if fetch is not None and fetch.done() and not stopping.is_set():
                fetch.result()
        finally:
            await ended(asked, *_tasks(under_way), *([fetch] if fetch else []))
        await self._offsets.commit()

    async def _fetch(self, in_hand: AbstractSet[TopicPartition]) -> Taken:
        return self._observer.took(await self._fetching.records(in_hand))

    def _begin(self, taken: Taken, earlier: Sequence[_UnderWay], stopping: asyncio.Event) -> _UnderWay:
        partitions = {record.topic_partition for record in taken.records}
        before = [each for each in earlier if not (self._abreast and partitions.isdisjoint(each.partitions))]
        return _UnderWay(partitions, asyncio.create_task(self._take(taken, _tasks(before), stopping)))

    async def _take(self, taken: Taken, before: Sequence[asyncio.Task[bool]], stopping: asyncio.Event) -> bool:
        """Apply a batch once those `before` it are; return False when asked to stop first, or when one of them was not."""
        if before:
            self._read_ahead(taken)
            await asyncio.wait(before)
            if not all(not task.cancelled() and task.exception() is None and task.result() for task in before):
                return False
        reach("consumer.fetched")
        records: Sequence[RawRecord] = taken.records
        if taken.membership == self._observer.membership:
            records = self._fetching.put_back_held(records)
        needed = of_types(records, self._needed)
        if needed and not await self._attempts.apply(needed, self._observer, stopping):
            return False
        self._observer.applied(taken, records)
        self._offsets.note(records, taken.membership)
        return True

    def _read_ahead(self, taken: Taken) -> None:
        """Read a batch while PostgreSQL writes the one before: a sixth of the loop's processor time."""
        for record in of_types(taken.records, self._needed):
            # Whatever it may be, it is met again where a record's trouble is that record's alone.
            with contextlib.suppress(Exception):
                read(record)


def _tasks(under_way: Sequence[_UnderWay]) -> list[asyncio.Task[bool]]:
    return [each.task for each in under_way]


def _partitions(under_way: Sequence[_UnderWay]) -> set[TopicPartition]:
    return {partition for each in under_way for partition in each.partitions}
