"""One version of a sector's criteria (判定标准), and which of several holds on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.types import LongText, Sector, ShortText

ALL: Final = "all"
"""The sector whose criteria count for every other one, too."""
VERSION: Final = r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$"
MOST_CLAUSES: Final = 1000

VersionName = Annotated[str, Meta(pattern=VERSION, max_length=64, description="如 2017 或 AQ-2023.1")]


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One clause (条款): what it is cited by, and its words."""

    code: ShortText
    text: LongText


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """One version: it holds from `in_force_on` to `until_on`, both days inclusive, or until a newer one holds."""

    sector: Sector
    version: VersionName
    title: ShortText
    document: ShortText | None = None
    in_force_on: date
    until_on: date | None = None
    clauses: Annotated[tuple[Clause, ...], Meta(min_length=1, max_length=MOST_CLAUSES)]

    def clause(self, code: str) -> Clause | None:
        """Return the clause that `code` cites, or None."""
        return next((each for each in self.clauses if each.code == code), None)

    def may_hold(self, day: date) -> bool:
        """Return whether `day` lies in its days; a newer version may hold in its place."""
        return self.in_force_on <= day and (self.until_on is None or day <= self.until_on)


def in_force(standards: Iterable[Standard], sector: str, day: date) -> tuple[Standard, ...]:
    """Return the versions that count for a sector on `day`: its own newest that holds, then that for all sectors."""
    holding = [each for each in standards if each.sector in {sector, ALL} and each.may_hold(day)]
    newest = {each.sector: each for each in sorted(holding, key=lambda each: each.in_force_on)}
    return tuple(newest[name] for name in dict.fromkeys((sector, ALL)) if name in newest)
