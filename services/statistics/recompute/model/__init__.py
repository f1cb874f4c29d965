"""What is reckoned again: the clock of a hazard, and the books."""

from services.statistics.recompute.model.books import (
    Books,
    BrokenHistory,
    CellKey,
    books_of,
    percent,
    rates_of,
    seconds_open,
)
from services.statistics.recompute.model.clock import Days

__all__ = ["Books", "BrokenHistory", "CellKey", "Days", "books_of", "percent", "rates_of", "seconds_open"]
