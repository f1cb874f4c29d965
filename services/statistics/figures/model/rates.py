"""整改率, 销号率, 按期整改率: a rate is always published with both its terms."""

from __future__ import annotations

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
        """The percentage as text such as "99.1", so that no reader rounds it again."""
        if self.denominator == 0:
            return None
        exact = Decimal(self.numerator) * 100 / Decimal(self.denominator)
        return str(exact.quantize(_ONE_DECIMAL, rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Hazards counted hazard by hazard at a cut-off.

    `found` were confirmed in the period; `rectified` and `closed` are those of them that stand so. `due` had their
    deadline in the period, after pauses, extensions and roll, or missed one in it; of these some were closed and some
    submitted in time: what was never late is in time, however long its review took. `in_review` were submitted in time and
    are not closed.
    """

    found: int = 0
    rectified: int = 0
    closed: int = 0
    due: int = 0
    closed_in_time: int = 0
    submitted_in_time: int = 0
    in_review: int = 0

    @property
    def rectification(self) -> Rate:
        """整改率: rectified ÷ found."""
        return Rate(self.rectified, self.found)

    @property
    def closure(self) -> Rate:
        """销号率: closed ÷ found. For major hazards it is the one to quote (DOMAIN §9)."""
        return Rate(self.closed, self.found)

    @property
    def on_time(self) -> Rate:
        """按期整改率: closed without ever having been late ÷ due."""
        return Rate(self.closed_in_time, self.due)

    @property
    def on_time_submission(self) -> Rate:
        """Submitted by the deadline ÷ due: counts also what is still in review."""
        return Rate(self.submitted_in_time, self.due)
