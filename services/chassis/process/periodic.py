"""Work that comes round: one loop for everything that is done every so many seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from services.chassis.process.cancelling import ended
from services.chassis.process.clock import Clock, back_off
from services.chassis.storage.database import is_retryable

_log = structlog.get_logger(__name__)

_BREATH_SECONDS: Final = 0.02
_BREATHS: Final = 3
# A part that waited for a lock or for the archive says nothing of the machine; and a rest does not hear that it is asked to stop.
_LONGEST_BREATH_SECONDS: Final = 1.0


async def every(
    seconds: float, work: Callable[[], Awaitable[object]], *, clock: Clock, stopping: asyncio.Event, name: str
) -> None:
    """Do `work`, rest for `seconds` (wall time), and so on until `stopping`; a rest ends at once when asked to stop.

    A database that is away is waited out with growing pauses; any other exception ends the loop, and with it the role.
    `name` says in the log which work waits.
    """
    failures = 0
    while not stopping.is_set():
        try:
            await work()
        except Exception as error:
            if not is_retryable(error):
                raise
            _log.warning("periodic work waits", work=name, error=repr(error), failures=failures)
            await back_off(clock, failures)
            failures += 1
        else:
            failures = 0
            await rest(seconds, clock=clock, stopping=stopping)


async def rest(seconds: float, *, clock: Clock, stopping: asyncio.Event) -> None:
    """Wait for `seconds` of wall time, or until `stopping`, whichever comes first."""
    resting, asked = asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({resting, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await ended(resting, asked)


async def breathe(clock: Clock, since: float) -> None:
    """Rest between two parts of a backlog, behind one that was begun at `since` (`time.perf_counter`).

    Three times as long as the part took, a second at most, so that a flood is taken in beside it: reading words and comparing reports, half of the
    time each, cost the intake of reports a seventh of its rate on two cores.
    """
    took = time.perf_counter() - since
    await clock.sleep(min(max(_BREATH_SECONDS, _BREATHS * took), _LONGEST_BREATH_SECONDS))
