"""What is reckoned for the boards: waits of which some still last, and how old the open hazards are. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

# A wait is reckoned on whole tenths of an hour, so that a month of a large city is some thousands of rows.
GRAIN_SECONDS: Final = 360
# A share such as 1 - 0.9 is not exact in binary; unrounded, a curve that just reaches it would be missed.
_DIGITS: Final = 12
ALL: Final = "all"
SHARES: Final = ("0.5", "0.9")


class Wait(enum.StrEnum):
    """What is waited for: the first answer to a report, a submission after confirmation or return, its review."""

    RESPONSE = "response"
    RECTIFICATION = "rectification"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Spells:
    """So many waits of one kind, grade and sector that lasted `seconds`, and whether they had ended by then."""

    wait: str
    grade: str
    sector: str
    seconds: float
    ended: bool
    number: int


@dataclass(frozen=True, slots=True)
class Duration:
    """By how many seconds a share of the waits has ended; of all sectors or grades where these say `all`."""

    wait: str
    grade: str
    sector: str
    share: str
    seconds: float


class Age(enum.StrEnum):
    """How many days an open hazard has been open since its confirmation."""

    TO_3 = "0-3"
    TO_7 = "4-7"
    TO_15 = "8-15"
    TO_30 = "16-30"
    TO_90 = "31-90"
    OLDER = "91+"


# The last day of each age, ascending; what is older has the last age.
AGES: Final = ((3, Age.TO_3), (7, Age.TO_7), (15, Age.TO_15), (30, Age.TO_30), (90, Age.TO_90))


def age_of(days: float) -> Age:
    """Return the age of a hazard that has been open for so many days (begun days count: 3.2 is the fourth)."""
    return next((age for last, age in AGES if days <= last), Age.OLDER)


def durations(spells: Iterable[Spells]) -> Iterator[Duration]:
    """Reckon each wait over all hazards, by grade, and by sector; nothing where too many still last."""
    splits: dict[tuple[str, str, str], list[Spells]] = {}
    for one in spells:
        for split in ((ALL, ALL), (one.grade, ALL), (ALL, one.sector)):
            splits.setdefault((one.wait, *split), []).append(one)
    for (wait, grade, sector), those in splits.items():
        for share in SHARES:
            seconds = ended_by(those, float(share))
            if seconds is not None:
                yield Duration(wait, grade, sector, share, seconds)


def ended_by(spells: Iterable[Spells], share: float) -> float | None:
    """Return the seconds by which `share` of the waits have ended, those that last counted while they do.

    The Kaplan-Meier estimate, as `figures` makes it hazard by hazard; None when the curve has not come down so far.
    """
    counted: dict[float, list[int]] = {}
    for one in spells:
        counted.setdefault(one.seconds, [0, 0])[0 if one.ended else 1] += one.number
    at_risk, surviving = sum(map(sum, counted.values())), 1.0
    for seconds, (ended, lasting) in sorted(counted.items()):
        surviving *= 1 - ended / at_risk
        if ended and round(surviving + share, _DIGITS) <= 1:
            return seconds
        at_risk -= ended + lasting
    return None


def with_zeros(
    counts: Mapping[tuple[str, str, Age], int], cells: Iterable[tuple[str, str]]
) -> dict[tuple[str, str, Age], int]:
    """Return the counts of every county × grade and age, 0 where there are none: a gauge that is left alone lies."""
    return {(county, grade, age): counts.get((county, grade, age), 0) for county, grade in cells for age in Age}
