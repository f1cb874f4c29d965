"""A clock that is moved in steps: domain time stands still until whoever plays moves it on.

Who kills a scheduler for three seconds of a year that passes in sixty has killed it for half a month. With steps the outcome
is decided by what was done on which day, never by how fast the machine was. Steps stand in a file, so that a process which
is started anew reads the same time; production has no such clock.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple


class Step(NamedTuple):
    """From the wall instant `wall` on, domain time reads `domain`."""

    wall: datetime
    domain: datetime


class Steps:
    """Moves the clocks of all processes that read `file`. Each step is dated back by `back` (wall time)."""

    def __init__(self, file: Path, begin: datetime, *, back: timedelta = timedelta()) -> None:
        self.file = file
        self._back = back
        file.write_bytes(b"")
        self.now = begin
        self._write()

    def move(self, to: datetime) -> None:
        """Let the clocks read `to`; raises ValueError for an instant that is over."""
        if to < self.now:
            raise ValueError(f"a clock never goes back from {self.now} to {to}")
        self.now = to
        self._write()

    def _write(self) -> None:
        line = f"{(datetime.now(UTC) - self._back).isoformat()} {self.now.astimezone(UTC).isoformat()}\n"
        with self.file.open("ab") as file:
            file.write(line.encode())


class SteppedClock:
    """Reads the steps of a file; a reader's `Clock`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._steps: list[Step] = []

    def now(self) -> datetime:
        """Return the domain time of the last step."""
        return self._known()[-1].domain

    def wall(self) -> datetime:
        """Return the present wall time."""
        return datetime.now(UTC)

    def at(self, wall: datetime) -> datetime:
        """Return the domain time at a wall instant: that of the last step before it, or of the first."""
        steps = self._known()
        return steps[max(0, bisect_right(steps, wall, key=lambda step: step.wall) - 1)].domain

    def wall_at(self, instant: datetime) -> datetime:
        """Return the wall time at which domain time reached `instant`; the present one where it is still ahead."""
        steps = self._known()
        first = bisect_left(steps, instant, key=lambda step: step.domain)
        return steps[first].wall if first < len(steps) else self.wall()

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of wall time."""
        await asyncio.sleep(seconds)

    def _known(self) -> list[Step]:
        if self._file.stat().st_size > self._read:
            with self._file.open("rb") as file:
                file.seek(self._read)
                # A step that is just being written is read the next time.
                whole = file.read().rpartition(b"\n")[0]
            for line in whole.decode().splitlines():
                wall, domain = map(datetime.fromisoformat, line.split())
                self._steps.append(Step(wall, domain))
            self._read += len(whole) + 1 if whole else 0
        return self._steps
