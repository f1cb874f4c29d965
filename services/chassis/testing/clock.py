"""A clock that a test sets."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class ManualClock:
    """It stands still until it is moved; domain time and wall time agree.

    `sleep` moves nothing and only lets other tasks run for a moment, so that loops under test keep turning.
    """

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant the clock was set to."""
        return self._now

    def wall(self) -> datetime:
        """Return the instant the clock was set to."""
        return self._now

    def at(self, wall: datetime) -> datetime:
        """Return `wall` itself."""
        return wall

    def wall_at(self, instant: datetime) -> datetime:
        """Return `instant` itself."""
        return instant

    def advance(self, step: timedelta) -> None:
        """Move the clock forward by `step`."""
        self._now += step

    def set(self, now: datetime) -> None:
        """Set the clock to `now`."""
        self._now = now.astimezone(UTC)

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run; the clock does not move."""
        await asyncio.sleep(min(seconds, 0.01))
