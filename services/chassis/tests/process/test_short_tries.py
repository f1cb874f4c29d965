"""Short tries: whoever waits for what another holds asks again, and gives up in the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.chassis.process.short_tries import PATIENCE_SECONDS, in_short_tries
from services.chassis.testing.clock import ManualClock

pytestmark = pytest.mark.pure


class Clock(ManualClock):
    """Moves on while somebody sleeps, and remembers for how long."""

    def __init__(self) -> None:
        super().__init__(datetime(2026, 11, 26, tzinfo=UTC))
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(timedelta(seconds=seconds))


@pytest.mark.parametrize("held_for", [0, 1, 7])
async def test_one_that_meets_a_lock_is_tried_again_and_soon(held_for: int) -> None:
    clock, tries = Clock(), 0

    async def attempt() -> str:
        nonlocal tries
        tries += 1
        if tries <= held_for:
            raise asyncpg.LockNotAvailableError
        return "done"

    assert await in_short_tries(clock, attempt) == "done"
    assert (tries, len(clock.slept)) == (held_for + 1, held_for)
    assert max(clock.slept, default=0) <= 1


async def test_patience_ends() -> None:
    clock = Clock()

    async def attempt() -> None:
        raise asyncpg.LockNotAvailableError

    with pytest.raises(asyncpg.LockNotAvailableError):
        await in_short_tries(clock, attempt)
    assert PATIENCE_SECONDS <= sum(clock.slept) < PATIENCE_SECONDS + 2


async def test_what_is_no_lock_is_told_at_once() -> None:
    clock = Clock()

    async def attempt() -> None:
        raise asyncpg.DeadlockDetectedError

    with pytest.raises(asyncpg.DeadlockDetectedError):
        await in_short_tries(clock, attempt)
    assert clock.slept == []
