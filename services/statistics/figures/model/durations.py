"""清零时长 over hazards of which some are still open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

# A share such as 1 - 0.9 is not exact in binary; unrounded, a curve that just reaches it would be missed.
_DIGITS: Final = 12

Spell = tuple[float, bool]
"""How long a hazard has been open (seconds since its confirmation), and whether it was closed then."""


def censored_quantile(spells: Iterable[Spell], share: float) -> float | None:
    """Return the time (seconds) by which `share` of the hazards are closed, open ones counted while they are open.

    This is the Kaplan-Meier estimate; None when the curve has not come down that far, which is the honest answer while
    too many are open. Figures over closings alone look better the larger the backlog grows.
    """
    ordered = sorted(spells, key=lambda spell: (spell[0], not spell[1]))
    at_risk, surviving = len(ordered), 1.0
    for seconds, closed in ordered:
        if closed:
            surviving *= 1 - 1 / at_risk
            if round(surviving + share, _DIGITS) <= 1:
                return seconds
        at_risk -= 1
    return None


@dataclass(frozen=True, slots=True)
class Closings:
    """Of the period's closings that stand: how many, and the median and 90th percentile in seconds."""

    closed: int = 0
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Of the period's confirmations, open ones included: how many, and in how many seconds half and 90 % are closed."""

    found: int = 0
    closed: int = 0
    median: float | None = None
    p90: float | None = None

    @classmethod
    def of(cls, spells: Sequence[Spell]) -> Confirmations:
        """Return what the hazards' spells come to."""
        closed = sum(is_closed for _, is_closed in spells)
        return cls(len(spells), closed, censored_quantile(spells, 0.5), censored_quantile(spells, 0.9))

    @property
    def open(self) -> int:
        """How many of them are still open."""
        return self.found - self.closed
