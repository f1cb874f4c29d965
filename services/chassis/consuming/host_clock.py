"""Whether this host's clock may be believed when it says how far we have read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from services.chassis.consuming.progress import MARGIN

# A clock that is slewed moves 0.5 ms a second (adjtimex); what moves further than this against the steady one was set.
_STEP_SECONDS: Final = MARGIN.total_seconds() / 2
# Heartbeats go out, and measure, every second: at the start of a process what is older says that nobody was there, or that this
# clock is wrong, and only a new measurement tells which.
_LATELY_SECONDS: Final = 5


class BrokersAhead(NamedTuple):
    """By how many seconds the brokers' clocks were ahead of the publishing host's, and when (Unix time of that host)."""

    ahead: float
    measured_at: float


class HostClock:
    """This host's clock as one process sees it: when it was set, what was measured before says nothing any more."""

    def __init__(self, *, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._seen = wall(), steady()
        self._since: float | None = None
        self._asked = False

    def is_believed(self, measured: BrokersAhead | None) -> bool:
        """Return whether the brokers' clocks agree with this host's within the margin that every reading leaves for it.

        A broker that is slower would stamp a late claim as one in time, after a deadline passed here; one that is faster, one in
        time as late. Apart holds until a measurement says otherwise, however old it is. After this clock was set, only one counts
        that was made since, by this clock: one of its future was made before it was set back. So at the start, unless one is
        some seconds old. Without any, and no step, nobody waits.
        """
        wall, steady = self._wall(), self._steady()
        then, before = self._seen
        self._seen = wall, steady
        if abs((wall - then) - (steady - before)) > _STEP_SECONDS:
            self._since = wall
        margin = MARGIN.total_seconds()
        if not self._asked and measured and not wall - _LATELY_SECONDS <= measured.measured_at <= wall + margin:
            self._since = then
        self._asked = True
        if measured is not None and abs(measured.ahead) > margin:
            return False
        if self._since is None:
            return True
        if measured is None or not self._since <= measured.measured_at <= wall + margin:
            return False
        self._since = None
        return True
