"""How far the brokers' clocks are from this host's: they stamp what is published here, and we know when that was."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from services.chassis.telemetry import metrics

# The broker stamped at some instant between our sending and its answer. What took longer than this says too little.
_TELLS_SECONDS: Final = 0.5
# What was measured longer ago says nothing of now, and would call people, or keep them from it, for ever.
_KNOWN_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Measured:
    """The broker's clock was `offset` seconds ahead of ours (behind, when negative) at `at` (Unix time of this host)."""

    offset: float
    at: float


class BrokerClock:
    """Keeps the last measurement of this process. Hosts' clocks are meant: domain time and test clocks are no matter here."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self.last: Measured | None = None
        self._steady = steady
        self._noted_at = steady()

    def note(self, sent: float, answered: float, stamps: Iterable[float]) -> None:
        """Note what brokers stamped (Unix time) on records sent at `sent` and acknowledged by `answered`.

        Of several brokers the one speaks whose clock is farthest off.
        """
        if answered - sent > _TELLS_SECONDS:
            return
        middle = (sent + answered) / 2
        offsets = [stamp - middle for stamp in stamps]
        if not offsets:
            return
        self.last = Measured(max(offsets, key=abs), answered)
        self._noted_at = self._steady()
        metrics.BROKER_CLOCK_OFFSET.set_function(self._lately)

    def _lately(self) -> float:
        """Return what was measured lately; not a number of who publishes nothing, such as a relay that stands by."""
        known = self.last is not None and self._steady() - self._noted_at < _KNOWN_SECONDS
        return self.last.offset if known and self.last else math.nan

    @staticmethod
    def now() -> float:
        """Return this host's clock (Unix time)."""
        return time.time()
