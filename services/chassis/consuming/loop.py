"""The loop of one member of a group: fetch, apply, fetch, and behind a full batch the next one is fetched meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

from services.chassis.consuming.attempts import Attempts
from services.chassis.consuming.deliveries import RawRecord, of_types, read
from services.chassis.consuming.ending import unless
from services.chassis.consuming.fetching import Fetching
from services.chassis.consuming.observer import Observer
from services.chassis.consuming.offsets import Offsets
from services.chassis.process.cancelling import ended
from services.chassis.process.failpoints import reach

# Records, and the membership in which they were taken.
_Fetched: TypeAlias = tuple[list[RawRecord], int]
_Fetch: TypeAlias = "asyncio.Task[_Fetched]"


class Loop:
    """Takes what `fetching` gives, of the types that are `needed` (none: all), to its effect."""

    def __init__(
        self, fetching: Fetching, attempts: Attempts, observer: Observer, offsets: Offsets, needed: AbstractSet[str]
    ) -> None:
        self._fetching = fetching
        self._attempts = attempts
        self._observer = observer
        self._offsets = offsets
        self._needed = needed

    async def run(self, stopping: asyncio.Event) -> None:
        """Work off batch after batch until `stopping`; then finish the one that is being applied, and commit."""
        ahead: _Fetch | None = None
        try:
            while not stopping.is_set():
                self._observer.turned()
                fetch, ahead = ahead or _begin(self._fetch()), None
                # In a rebalance aiokafka's getmany waits for the new assignment, however long that takes.
                taken, membership = await unless(stopping, fetch) or ([], 0)
                if self._fetching.is_full(taken):
                    # Behind a full batch there is more. What comes behind another one is left to gather meanwhile.
                    ahead = _begin(self._fetch_ahead())
                if taken:
                    reach("consumer.fetched")
                    records = taken
                    if membership == self._observer.membership:
                        records = self._fetching.put_back_held(taken)
                    needed = of_types(records, self._needed)
                    if needed and not await self._attempts.apply(needed, self._observer, stopping):
                        break
                    self._observer.applied(records, membership)
                    self._offsets.note(records, membership)
        finally:
            if ahead is not None:
                await ended(ahead)
        await self._offsets.commit()

    async def _fetch(self) -> _Fetched:
        records = await self._fetching.records()
        return records, self._observer.took(records)

    async def _fetch_ahead(self) -> _Fetched:
        """Fetch and read the next batch while PostgreSQL writes this one: a sixth of the loop's processor time."""
        records, membership = await self._fetch()
        for record in of_types(records, self._needed):
            # Whatever it may be, it is met again where a record's trouble is that record's alone.
            with contextlib.suppress(Exception):
                read(record)
        return records, membership


def _begin(fetch: Coroutine[Any, Any, _Fetched]) -> _Fetch:
    return asyncio.create_task(fetch)
