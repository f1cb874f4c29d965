"""Opening stock, movements and closing stock, and whether counting hazard by hazard agrees (P5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.statistics.books.model.record import ARRIVALS, DEPARTURES, Measure

Key = tuple[str, ...]
"""The codes by which figures are split, such as those of a county and a grade."""
Counts = Mapping[Measure, int]


@dataclass(frozen=True, slots=True)
class Balance:
    """The stock of one split over one stretch of days. `counted` is the closing stock, counted hazard by hazard."""

    opening: int
    moved: Counts = field(default_factory=dict)
    counted: int = 0

    @property
    def closing(self) -> int:
        """The closing stock as the flows say."""
        arrivals = sum(self.moved.get(measure, 0) for measure in ARRIVALS)
        departures = sum(self.moved.get(measure, 0) for measure in DEPARTURES)
        return self.opening + arrivals - departures

    @property
    def balanced(self) -> bool:
        """Whether flows and counting agree."""
        return self.closing == self.counted

    @property
    def is_empty(self) -> bool:
        """Whether nothing stood, moved or was counted."""
        return not any((self.opening, self.counted, *map(self.moved.get, (*ARRIVALS, *DEPARTURES))))


def balances(
    opening: Mapping[Key, int],
    moved: Mapping[tuple[date, Key], Counts],
    counted: Mapping[tuple[date, Key], int],
    days: Sequence[date],
) -> dict[tuple[date, Key], Balance]:
    """Return the balance of every split on every one of `days`; each day's closing stock is the next one's opening.

    A split that was counted without ever having had a flow can't balance; it is here too, so that it can't hide.
    """
    found: dict[tuple[date, Key], Balance] = {}
    for key in sorted({*opening, *(key for _, key in (*moved, *counted))}):
        stock = opening.get(key, 0)
        for day in days:
            balance = Balance(stock, moved.get((day, key), {}), counted.get((day, key), 0))
            found[day, key] = balance
            stock = balance.closing
    return found
