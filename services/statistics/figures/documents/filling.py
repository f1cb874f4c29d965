"""From figures to answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from services.statistics.books.model.record import ARRIVALS, DEPARTURES, Measure
from services.statistics.figures.documents.answers import (
    BalanceDocument,
    BalanceItem,
    Basis,
    ClearanceDocument,
    ClearanceItem,
    ClosingsDocument,
    Code,
    ConfirmationsDocument,
    DurationDocument,
    FlowItem,
    FlowsDocument,
    Headline,
    PeriodDocument,
    RateDocument,
    RatesDocument,
    RatesItem,
    ScopeDocument,
    StockDocument,
    StockItem,
)
from services.statistics.figures.documents.names import Names
from services.statistics.figures.handlers import Clearance, Stock
from services.statistics.figures.model.balance import Balance, Counts, Key
from services.statistics.figures.model.durations import Closings, Confirmations
from services.statistics.figures.model.periods import Period
from services.statistics.figures.model.rates import Cohort, Rate
from services.statistics.figures.tables import DAY, Selection

T = TypeVar("T")
_DAY_SECONDS: Final = 86_400
_MAJOR: Final = frozenset({"major"})


@dataclass(frozen=True, slots=True)
class Quotation:
    """What an answer is quoted with: which cells, which days, and up to when the data goes."""

    names: Names
    selection: Selection
    cut_off: date
    period: Period | None
    as_of: datetime | None

    def members(self, basis: Basis, items: list[T]) -> dict[str, Any]:
        """Return the members that every answer has.

        Where the caller's scope leaves nothing of what was asked for there are no items: a figure of zero would say
        something about cells that are not the caller's.
        """
        scope = {
            name: [Code(code=code, name=self.names.of(name, code)) for code in sorted(codes)]
            for name, codes in self.selection.only.items()
        }
        return {
            "scope": ScopeDocument(**scope),
            "period": self.period and PeriodDocument(start=self.period.start, end=self.period.end),
            "cut_off": self.cut_off,
            "basis": basis,
            "by": list(self.selection.by),
            "as_of": self.as_of,
            "items": [] if self.selection.is_empty else items,
        }

    def split(self, key: Key, day: date | None = None) -> dict[str, Any]:
        """Return the members that tell an item's split: each code, its name beside it, and the day if asked for."""
        named: dict[str, Any] = {}
        for dimension, code in zip(self.selection.cells, key, strict=True):
            named[dimension] = code
            named[f"{dimension}_name"] = self.names.of(dimension, code)
        return named | ({"day": day} if DAY in self.selection.by else {})


def flows_of(found: Mapping[tuple[date, Key], Counts], quote: Quotation) -> FlowsDocument:
    """Return the flows as they are published."""
    items = [FlowItem(**quote.split(key, day), **_counts(counts, Measure)) for (day, key), counts in found.items()]
    return FlowsDocument(**quote.members("flow", items))


def _counts(counts: Counts, measures: Iterable[Measure]) -> dict[str, Any]:
    return {measure.value: counts.get(measure, 0) for measure in measures}


def stock_of(found: Mapping[Key, Stock], quote: Quotation) -> StockDocument:
    """Return the stock as it is published."""
    items = [StockItem(**quote.split(key), open=one.open, overdue=one.overdue) for key, one in found.items()]
    return StockDocument(**quote.members("stock", items))


def rates_of(found: Mapping[Key, Cohort], quote: Quotation) -> RatesDocument:
    """Return the rates as they are published."""
    items = [
        RatesItem(
            **quote.split(key),
            headline=_headline(quote.selection, key),
            rectification_rate=_rate(cohort.rectification),
            closure_rate=_rate(cohort.closure),
            on_time_rate=_rate(cohort.on_time),
            on_time_submission_rate=_rate(cohort.on_time_submission),
        )
        for key, cohort in found.items()
    ]
    return RatesDocument(**quote.members("cohort", items))


def _headline(selection: Selection, key: Key) -> Headline:
    """Return the rate to quote: major hazards by what was closed (DOMAIN §9), all others by what was rectified."""
    split = dict(zip(selection.cells, key, strict=True))
    grades = frozenset({split["grade"]}) if "grade" in split else selection.grade
    return "closure_rate" if grades == _MAJOR else "rectification_rate"


def _rate(rate: Rate) -> RateDocument:
    return RateDocument(numerator=rate.numerator, denominator=rate.denominator, percent=rate.percent)


def clearance_of(found: Mapping[Key, Clearance], quote: Quotation) -> ClearanceDocument:
    """Return the clearance times as they are published."""
    items = [
        ClearanceItem(
            **quote.split(key), closings=_closings(one.closings), confirmations=_confirmations(one.confirmations)
        )
        for key, one in found.items()
    ]
    return ClearanceDocument(**quote.members("cohort", items))


def _closings(one: Closings) -> ClosingsDocument:
    return ClosingsDocument(closed=one.closed, median=_duration(one.median), p90=_duration(one.p90))


def _confirmations(one: Confirmations) -> ConfirmationsDocument:
    return ConfirmationsDocument(
        found=one.found, closed=one.closed, open=one.open, median=_duration(one.median), p90=_duration(one.p90)
    )


def _duration(seconds: float | None) -> DurationDocument | None:
    if seconds is None:
        return None
    return DurationDocument(seconds=round(seconds, 3), days=round(seconds / _DAY_SECONDS, 2))


def balance_of(found: Mapping[tuple[date, Key], Balance], quote: Quotation) -> BalanceDocument:
    """Return the balance as it is published."""
    items = [
        BalanceItem(
            **quote.split(key, day),
            **_counts(one.moved, (*ARRIVALS, *DEPARTURES)),
            opening=one.opening,
            closing=one.closing,
            counted=one.counted,
            balanced=one.balanced,
        )
        for (day, key), one in found.items()
    ]
    return BalanceDocument(balanced=all(item.balanced for item in items), **quote.members("flow", items))
