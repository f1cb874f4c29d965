"""When which lifecycle begins: the burst of issue 9, whatever the platform makes of it (an open loop)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

RATES: Final = (10, 150, 10, 250, 20, 350, 100)
"""Lifecycles a second; each second one of them is a burst, the last is the way back to a day's work."""


@dataclass(frozen=True, slots=True)
class Phase:
    """So many lifecycles a second begin for so many seconds."""

    rate: float
    seconds: float
    is_burst: bool
    at_once: bool = False
    """All of them in its first instant."""

    @property
    def name(self) -> str:
        """`350/s` in a table."""
        return f"{self.rate:g}/s"


def phases(*, factor: float, seconds_up: float, seconds_down: float, at_once: bool = False) -> list[Phase]:
    """Return the phases, at `factor` of the rates; with `at_once` each burst comes in one instant."""
    return [
        Phase(rate * factor, seconds_up if nth % 2 else seconds_down, bool(nth % 2), at_once and bool(nth % 2))
        for nth, rate in enumerate(RATES)
    ]


def arrivals(planned: Sequence[Phase]) -> Iterator[tuple[float, int]]:
    """Yield for each lifecycle the second in which it begins and the number of its phase, evenly spread within it."""
    began = 0.0
    for number, phase in enumerate(planned):
        count = round(phase.rate * phase.seconds)
        for nth in range(count):
            yield began + (0.0 if phase.at_once else nth * phase.seconds / count), number
        began += phase.seconds


def starts(planned: Sequence[Phase]) -> list[float]:
    """Return the second in which each phase begins."""
    return [sum(phase.seconds for phase in planned[:nth]) for nth in range(len(planned))]
