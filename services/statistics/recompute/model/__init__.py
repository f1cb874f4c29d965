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
from services.statistics.recompute.model.clock import CHINA, Days

__all__ = ["CHINA", "Books", "BrokenHistory", "CellKey", "Days", "books_of", "percent", "rates_of", "seconds_open"]
