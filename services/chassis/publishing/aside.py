"""Topics in trouble are left out for a while, so that no other one waits behind them."""

from __future__ import annotations

import time
from collections.abc import Collection

from services.chassis.process.clock import pause_after


class Aside:
    """Which topics the relay leaves out of its looks: those that failed, longer each time, up to five seconds.

    Whatever the time, a topic that failed is left out once: else its rows, as many as go into a batch, could come back before any other.
    """

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        # By a clock that is never set back.
        self._until: dict[str, float] = {}
        self._new: set[str] = set()

    def left_out(self) -> list[str]:
        """Return the topics to leave out of a look that is made now."""
        now = time.monotonic()
        out = self._new | {topic for topic, until in self._until.items() if until > now}
        self._new = set()
        return sorted(out)

    def note(self, failed: Collection[str], went: Collection[str]) -> None:
        """Note of which topics something failed, and of which all went."""
        for topic in went:
            self._failures.pop(topic, None)
            self._until.pop(topic, None)
        for topic in failed:
            failures = self._failures.get(topic, 0)
            self._failures[topic] = failures + 1
            self._until[topic] = time.monotonic() + pause_after(failures)
        self._new |= set(failed)
