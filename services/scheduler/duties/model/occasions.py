"""Occasions (重要时段、节假日、重大活动): days on which something special is due, from the calendar or entered by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.types import Identifier, ShortText

_DAY: Final = timedelta(days=1)


class OccasionKind(StrEnum):
    """What an occasion is: 节假日 of the calendar, 重大活动 or 重要时段 that somebody enters, or another trigger."""

    HOLIDAY = "holiday"
    EVENT = "event"
    OTHER = "other"


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """An occasion with its first and last day, both inclusive. `duties` names those that it triggers; none: all of its kind."""

    occasion_id: Identifier
    kind: OccasionKind
    name: ShortText
    starts_on: date
    ends_on: date
    duties: Annotated[tuple[Identifier, ...], Meta(max_length=100)] = ()

    def calls(self, duty_id: str, kinds: tuple[OccasionKind, ...]) -> bool:
        """Return whether a duty that is triggered by `kinds` is due at this occasion."""
        return duty_id in self.duties if self.duties else self.kind in kinds


def holidays_of(days: Mapping[date, str]) -> list[Occasion]:
    """Return the holidays of a calendar, in order; days that follow each other are one break, whatever their titles.

    The State Council's notice gives 国庆节 and 中秋节 of 2025 one break of eight days: it has one check and one report. A break has the
    names of all its titles; its id is its first title and the year it begins in, so that a day added to it later makes no second one.
    """
    runs: list[tuple[list[str], date, date]] = []
    for day, title in sorted(days.items()):
        if runs and runs[-1][2] + _DAY == day:
            titles, start, _ = runs[-1]
            runs[-1] = (titles if title in titles else [*titles, title], start, day)
        else:
            runs.append(([title], day, day))
    named: dict[str, int] = {}
    found = []
    for titles, start, end in runs:
        first = f"{start.year}-{titles[0]}"
        named[first] = named.get(first, 0) + 1
        again = f"-{named[first]}" if named[first] > 1 else ""
        name = "、".join(titles)
        found.append(
            Occasion(occasion_id=f"{first}{again}", kind=OccasionKind.HOLIDAY, name=name, starts_on=start, ends_on=end)
        )
    return found
