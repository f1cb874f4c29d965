"""The clock role: looks at what is due, twice a second, and audits itself once a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from services.chassis.process.clock import Clock
from services.chassis.storage.database import RETRYABLE
from services.scheduler.adapters.alarms import BATCH
from services.scheduler.application.audit_deadlines import Auditor
from services.scheduler.application.raise_alarms import AlarmRaiser

_log = structlog.get_logger(__name__)
_BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class ClockRole:
    """Raises alarms until told to stop. `prepare` runs first and is tried again until it succeeds.

    Several may run at once: rows that one of them holds are skipped by the others.
    """

    clock: Clock
    prepare: Callable[[], Awaitable[object]]
    raiser: AlarmRaiser
    auditor: Auditor
    poll_seconds: float
    audit_seconds: float

    async def run(self, stopping: asyncio.Event) -> None:
        """Turn until `stopping`; faults of the database are waited out, anything else ends the role."""
        prepared = False
        while not prepared and not stopping.is_set():
            prepared = await self._attempt(self.prepare, 0)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._turn(self.tick, self.poll_seconds, stopping))
            group.create_task(self._turn(self.auditor.run_once, self.audit_seconds, stopping))

    async def tick(self) -> None:
        """Raise everything that is due now."""
        while await self.raiser.raise_overdue() == BATCH:
            pass
        while await self.raiser.raise_due_soon() == BATCH:
            pass
        await self.raiser.report()

    async def _turn(self, work: Callable[[], Awaitable[object]], pause: float, stopping: asyncio.Event) -> None:
        failures = 0
        while not stopping.is_set():
            done = await self._attempt(work, failures)
            failures = 0 if done else failures + 1
            if done:
                await self._rest(pause, stopping)

    async def _attempt(self, work: Callable[[], Awaitable[object]], failures: int) -> bool:
        """Return whether `work` succeeded; back off when the database was away."""
        try:
            await work()
        except RETRYABLE as error:
            _log.warning("the clock waits for the database", error=repr(error), failures=failures)
            await self.clock.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
            return False
        return True

    async def _rest(self, seconds: float, stopping: asyncio.Event) -> None:
        """Sleep, but not through a request to stop."""
        resting = asyncio.ensure_future(self.clock.sleep(seconds))
        stop = asyncio.ensure_future(stopping.wait())
        await asyncio.wait({resting, stop}, return_when=asyncio.FIRST_COMPLETED)
        resting.cancel()
        stop.cancel()
