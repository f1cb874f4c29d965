"""How many events an account may send: the sliding window of the library `limits`, in this process' memory."""

from __future__ import annotations

import math

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter


class Allowance:
    """Counts events, not requests, so that a batch costs what it carries."""

    def __init__(self, events: int, seconds: int) -> None:
        self._limit = RateLimitItemPerSecond(events, seconds)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def take(self, account: str, events: int) -> int | None:
        """Spend `events` of the account's allowance.

        Returns None when they were granted; otherwise nothing is spent and the answer is the number of whole seconds
        after which a retry can succeed.
        """
        if await self._limiter.hit(self._limit, account, cost=max(events, 1)):
            return None
        stats = await self._limiter.get_window_stats(self._limit, account)
        missing = events - stats.remaining
        # The window slides evenly, so what is missing comes back in proportion.
        return max(1, math.ceil(missing * self._limit.get_expiry() / self._limit.amount))
