"""The arithmetic of published figures (DOMAIN §9). Nothing here knows where the terms come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_ONE_DECIMAL: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with both its terms; `percent` has one decimal, rounded half up, and is None on a zero denominator."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> str | None:
        """Return the percentage as text such as "99.1", so that no reader rounds it again."""
        if self.denominator == 0:
            return None
        exact = Decimal(self.numerator) * 100 / Decimal(self.denominator)
        return str(exact.quantize(_ONE_DECIMAL, rounding=ROUND_HALF_UP))


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the value at `share` (0 to 1) of an ascending sequence by linear interpolation; None when it is empty.

    The same as PostgreSQL's percentile_cont.
    """
    if not ordered:
        return None
    position = share * (len(ordered) - 1)
    lower = int(position)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (position - lower)


def censored_quantile(spells: Iterable[tuple[float, bool]], share: float) -> float | None:
    """Return the time by which `share` of the hazards are closed, counting open ones for as long as they are open.

    `spells` are (seconds since confirmation, closed). This is the Kaplan-Meier estimate; None when the curve has not
    come down that far, which is the honest answer while too many are open. Figures over closings alone look better
    the larger the backlog grows.
    """
    ordered = sorted(spells, key=lambda spell: (spell[0], not spell[1]))
    at_risk, surviving = len(ordered), 1.0
    for seconds, closed in ordered:
        if closed:
            surviving *= 1 - 1 / at_risk
            if surviving <= 1 - share + 1e-12:
                return seconds
        at_risk -= 1
    return None
