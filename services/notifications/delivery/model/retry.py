"""When a refused delivery is tried again: a schedule as data, spread by a draw that the caller brings."""

from __future__ import annotations

from dataclasses import dataclass

# What a receiver asks for (Retry-After) is followed, but it can't park a letter for a week.
LONGEST_ASKED_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """Waits in wall seconds after the first, second ... try; after the last one the delivery has failed.

    Each wait is spread evenly over ± `jitter` (a share of the wait), so that letters refused together do
    not come back together.
    """

    waits: tuple[float, ...]
    jitter: float

    def __post_init__(self) -> None:
        if any(wait <= 0 for wait in self.waits) or list(self.waits) != sorted(self.waits):
            raise ValueError("waits must be positive and must not shrink")
        if not 0 <= self.jitter < 1:
            raise ValueError("jitter must be at least 0 and below 1")

    def wait_after(self, tries: int, draw: float, retry_after: float | None = None) -> float | None:
        """Return the seconds to wait after `tries` tries, or None when there is no further one.

        `draw` is in [0, 1); `retry_after` is what the receiver asked for, in seconds.
        """
        if tries > len(self.waits):
            return None
        wait = self.waits[tries - 1] * (1 - self.jitter + 2 * self.jitter * draw)
        return wait if retry_after is None else max(wait, min(retry_after, LONGEST_ASKED_SECONDS))
