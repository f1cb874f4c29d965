"""Time is injected. Domain time is what is stored and published; wall time is what promises in seconds mean.

The two are the same in production. A demonstration runs domain time faster than wall time.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
_BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Clock(Protocol):
    """A source of time; every instant is aware and in UTC."""

    def now(self) -> datetime:
        """Return the present domain time."""
        ...

    def wall(self) -> datetime:
        """Return the present wall time."""
        ...

    def at(self, wall: datetime) -> datetime:
        """Return the domain time at a wall instant, such as a broker's record timestamp."""
        ...

    def wall_at(self, instant: datetime) -> datetime:
        """Return the wall time at which domain time reads `instant`; the inverse of `at`."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of wall time."""
        ...


class SystemClock:
    """Domain time is wall time."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(UTC)

    def wall(self) -> datetime:
        """Return the present time."""
        return datetime.now(UTC)

    def at(self, wall: datetime) -> datetime:
        """Return `wall` itself."""
        return wall

    def wall_at(self, instant: datetime) -> datetime:
        """Return `instant` itself."""
        return instant

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        await asyncio.sleep(seconds)


class ScaledClock:
    """Domain time stands at `origin` when the wall reads `origin_wall`, and runs `rate` times as fast."""

    def __init__(self, *, rate: float, origin: datetime, origin_wall: datetime) -> None:
        if rate <= 0:
            raise ValueError("a clock's rate must be above zero")
        self._rate = rate
        self._origin = origin.astimezone(UTC)
        self._origin_wall = origin_wall.astimezone(UTC)

    def now(self) -> datetime:
        """Return the present domain time."""
        return self.at(self.wall())

    def wall(self) -> datetime:
        """Return the present wall time."""
        return datetime.now(UTC)

    def at(self, wall: datetime) -> datetime:
        """Return the domain time at a wall instant."""
        return self._origin + (wall - self._origin_wall) * self._rate

    def wall_at(self, instant: datetime) -> datetime:
        """Return the wall time at which domain time reads `instant`."""
        return self._origin_wall + (instant - self._origin) / self._rate

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of wall time."""
        await asyncio.sleep(seconds)


def pause_after(attempt: int) -> float:
    """Return the seconds before attempt number `attempt` (from 0) is made again: more each time, up to 5."""
    return _BACKOFF_SECONDS[min(attempt, len(_BACKOFF_SECONDS) - 1)]


async def back_off(clock: Clock, attempt: int) -> None:
    """Wait before attempt number `attempt` (from 0) is made again, as `pause_after` says."""
    await clock.sleep(pause_after(attempt))
