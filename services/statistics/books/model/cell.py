"""The books' dimensions: which cell a hazard is counted in."""

from __future__ import annotations

from typing import Final

import msgspec

# Before confirmation a hazard has no grade (DOMAIN §3 row 4); the books still need a cell for it.
UNDETERMINED: Final = "undetermined"
DIMENSIONS: Final = ("county", "sector", "grade", "channel")


class Cell(msgspec.Struct, frozen=True, order=True):
    """One cell of the books: county (division code) × sector × grade × discovery channel, all as codes."""

    county: str
    sector: str
    grade: str
    channel: str


def grade_or_undetermined(grade: str | None) -> str:
    """Return the grade's code, or the code of the cell for hazards without one yet."""
    return grade or UNDETERMINED
