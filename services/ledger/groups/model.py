"""A month, and how much was found in it by whom. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from typing import Self

import msgspec


class Month(msgspec.Struct, frozen=True):
    """A calendar month of the city."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the month that `YYYY-MM` names; raises ValueError for anything else."""
        first = date.fromisoformat(f"{text}-01")
        return cls(first, first.replace(day=monthrange(first.year, first.month)[1]))


class FindingCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many findings of a month one group has; `group` is None for what lies in no group's area."""

    group: str | None
    found: int
    open: int


def whole(counts: Sequence[FindingCount], codes: Sequence[str]) -> list[FindingCount]:
    """Return the counts of all groups in `codes`, those without findings too, and what lies in none's area at the end."""
    known = {each.group: each for each in counts}
    return [known.get(code, FindingCount(group=code, found=0, open=0)) for code in (*codes, None)]
