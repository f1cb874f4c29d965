"""Document numbers (发文字号): one gapless series per kind and year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One run of numbers: a kind of letter in one calendar year (Asia/Shanghai)."""

    kind: str
    year: int


@dataclass(frozen=True, slots=True)
class Number:
    """The `sequence`-th number of a series, counted from 1."""

    series: Series
    sequence: int

    def written(self, sign: str) -> str:
        """Return the number as it is printed, for example `晋市安委办督〔2026〕12号`.

        `sign` is the issuing office's sign of this kind (发文机关代字). Year in full inside 〔〕, no 第, no leading zeros:
        GB/T 9704-2012, 7.2.5.
        """
        return f"{sign}〔{self.series.year}〕{self.sequence}号"


def demand(series: Iterable[Series]) -> list[tuple[Series, int]]:
    """Return how many numbers each series must give, in one fixed order so that takers can't deadlock."""
    return sorted(Counter(series).items())


def assign(series: Sequence[Series], last: Mapping[Series, int]) -> list[Number]:
    """Give each entry its number, in order; `last` is each series' last number after all were taken."""
    following = {each: last[each] - count for each, count in demand(series)}
    numbers = []
    for each in series:
        following[each] += 1
        numbers.append(Number(each, following[each]))
    return numbers
