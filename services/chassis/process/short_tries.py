"""Waiting for what somebody else holds, without keeping anything from strangers meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

import asyncpg

from services.chassis.process.clock import Clock, back_off

T = TypeVar("T")

TRY_SECONDS: Final = 1.0
"""As long as a try may wait for one lock (`storage/beginning.py waiting_at_most`)."""
PATIENCE_SECONDS: Final = 30.0
"""After so much wall time nobody tries again; whoever asked is told to come back."""
# Of the pauses of `back_off` the fourth, of a second: whoever waits notices soon that it is free.
_LONGEST_PAUSE: Final = 3


async def in_short_tries(clock: Clock, attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what `attempt` returns: a transaction of its own that waits no longer than `TRY_SECONDS` for each lock.

    One that met a lock is made again a moment later, so that between two tries neither a connection nor any lock is
    held. Raises asyncpg.LockNotAvailableError where the last try within `PATIENCE_SECONDS` met one, too.
    """
    until = clock.wall() + timedelta(seconds=PATIENCE_SECONDS)
    for number in itertools.count():
        try:
            return await attempt()
        except asyncpg.LockNotAvailableError:
            if clock.wall() >= until:
                raise
        await back_off(clock, min(number, _LONGEST_PAUSE))
    raise AssertionError("there is always a next number")
