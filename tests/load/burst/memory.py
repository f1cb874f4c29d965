"""What each service holds of the machine's memory, sampled while something goes on."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.load.rig import Rig

EVERY_SECONDS: Final = 10.0
# Caches, pools and the interpreter's arenas fill in the first part of a soak; that is no leak.
WARM_SHARE: Final = 0.25
_SHORTEST_SECONDS: Final = 300


@dataclass
class Memory:
    """Resident megabytes (10^6 bytes) by service and instant."""

    rig: Rig
    samples: list[tuple[float, dict[str, float]]] = field(default_factory=list)

    async def watch(self, every: float = EVERY_SECONDS) -> None:
        """Sample until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(every)

    def sample(self) -> None:
        """Sample once."""
        sizes = {name: size["resident"] for name, size in self.rig.memory().items()}
        self.samples.append((time.monotonic(), sizes))

    def summary(self) -> dict[str, Any]:
        """Return by service the least, largest and last size, and how it grew once warm."""
        series: dict[str, list[tuple[float, float]]] = {}
        for at, sizes in self.samples:
            for name, size in sizes.items():
                series.setdefault(name, []).append((at, size))
        return {
            name: {
                "first": points[0][1],
                "largest": max(size for _, size in points),
                "last": points[-1][1],
                "mb_an_hour": slope(points),
            }
            for name, points in series.items()
        }


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Return by least squares how much a size grew an hour, after the first quarter; None for less than five minutes."""
    began, ended = points[0][0], points[-1][0]
    if ended - began < _SHORTEST_SECONDS:
        return None
    warm = [(at, size) for at, size in points if at - began >= (ended - began) * WARM_SHARE]
    if len(warm) < 3 or warm[0][0] == warm[-1][0]:
        return None
    fitted = statistics.linear_regression([at for at, _ in warm], [size for _, size in warm])
    return round(fitted.slope * 3600, 1)


def lines(summary: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a page's table."""
    rows = [
        f"| {name} | {each['first']:.0f} | {each['largest']:.0f} | {each['last']:.0f} | {_shown(each['mb_an_hour'])} |"
        for name, each in summary.items()
    ]
    return [
        "| service | resident MB at first | largest | at last | MB an hour, once warm |",
        "|---|--:|--:|--:|--:|",
        *rows,
    ]


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:+.1f}"
