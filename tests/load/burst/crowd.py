"""The crowd: lifecycles begin when the plan says so, whatever became of those before, as far as there are callers."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from tests.load.burst import plan
from tests.load.burst.lives import CROWD, Accepted, Desk, Life, reports
from tests.load.burst.patience import Failed, Tally
from tests.load.claims import county_of


class Crowd:
    """Leads lifecycles, at most `callers` at once; who finds none free waits, and that counts as the platform's time."""

    def __init__(
        self, urls: Mapping[str, str], keys: Mapping[str, str], planned: Sequence[plan.Phase], *, callers: int
    ) -> None:
        self.planned = planned
        self.accepted = Accepted()
        self.all = Tally()
        self.by_phase = [Tally() for _ in planned]
        self.offered = Counter[int]()
        self.ended = Counter[int]()
        self.waiting = list[int]()
        self._desks = {county: Desk(urls, keys, county) for county in CROWD}
        self._free = asyncio.Semaphore(callers)
        self._lives = set[asyncio.Task[None]]()
        self._began = time.monotonic()
        self._starts = plan.starts(planned)
        self.seconds = defaultdict[int, list[float]](list)
        """Of whole lifecycles, from when each was to begin, by the phase of its beginning."""

    def phase(self) -> int:
        """Return the number of the phase that it is now; the last one lasts until all is over."""
        passed = time.monotonic() - self._began
        return max(nth for nth, start in enumerate(self._starts) if start <= max(passed, 0.0))

    async def run(self, *, seed: int, patience: float) -> float:
        """Play the plan, then wait for the lives that are under way; return how many seconds that took.

        Those that don't end within `patience` seconds after the last began are errors.
        """
        dice, sources = random.Random(seed), reports(f"burst{seed}")
        self._began = time.monotonic()
        watching = asyncio.create_task(self._watch())
        for at, number in plan.arrivals(self.planned):
            if (early := self._began + at - time.monotonic()) > 0:
                await asyncio.sleep(early)
            event, is_major = next(sources)
            county = county_of(event)
            self.offered[number] += 1
            life = Life(self._desks[county], county, self.accepted, self._tallies, random.Random(dice.random()))
            task = asyncio.create_task(self._lead(life, event, number, is_major=is_major))
            self._lives.add(task)
            task.add_done_callback(self._lives.discard)
        rest = self._began + sum(phase.seconds for phase in self.planned) - time.monotonic()
        await asyncio.sleep(max(0.0, rest))
        over = time.monotonic()
        if self._lives:
            await asyncio.wait(set(self._lives), timeout=patience)
        if self._lives:
            self.all.errors.append(f"{len(self._lives)} lifecycles did not end within {patience:g} s")
            for task in self._lives:
                task.cancel()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        for desk in self._desks.values():
            desk.close()
        return time.monotonic() - over

    async def _lead(self, life: Life, event: Any, number: int, *, is_major: bool) -> None:
        began = time.monotonic()
        async with self._free:
            try:
                await life.lead(event, is_major=is_major)
            except Failed as failed:
                self.all.errors.append(str(failed))
                return
        self.ended[self.phase()] += 1
        self.seconds[number].append(time.monotonic() - began)

    def _tallies(self) -> tuple[Tally, ...]:
        """What a request meets counts in the phase in which it meets it, not in that of its lifecycle's beginning."""
        return self.all, self.by_phase[self.phase()]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.waiting.append(len(self._lives))
