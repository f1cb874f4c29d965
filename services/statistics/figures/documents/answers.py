"""The answers: nothing is published without its scope, period, cut-off and basis (DOMAIN §9)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from msgspec import UNSET, UnsetType, field

from services.chassis.web.documents import Document

Basis = Literal["flow", "stock", "cohort"]
Headline = Literal["rectification_rate", "closure_rate"]


class Code(Document, frozen=True, kw_only=True):
    """A code with its Chinese name; null for a code that is not published."""

    code: str
    name: str | None


class ScopeDocument(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The cells that count; a dimension that is absent is not restricted."""

    county: list[Code] | UnsetType = UNSET
    sector: list[Code] | UnsetType = UNSET
    grade: list[Code] | UnsetType = UNSET
    channel: list[Code] | UnsetType = UNSET


class PeriodDocument(Document, frozen=True, kw_only=True):
    """Calendar days in the city's zone, both ends inclusive."""

    start: date = field(name="from")
    end: date = field(name="to")


class Answer(Document, frozen=True, kw_only=True):
    """What every figure is quoted with. `as_of` is up to when the data of these cells goes; null until it is known."""

    scope: ScopeDocument
    period: PeriodDocument | None
    cut_off: date
    basis: Basis
    by: list[str]
    as_of: datetime | None


class Split(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The codes by which an item is split, as asked for in `by`, with their Chinese names."""

    county: str | UnsetType = UNSET
    county_name: str | UnsetType | None = UNSET
    sector: str | UnsetType = UNSET
    sector_name: str | UnsetType | None = UNSET
    grade: str | UnsetType = UNSET
    grade_name: str | UnsetType | None = UNSET
    channel: str | UnsetType = UNSET
    channel_name: str | UnsetType | None = UNSET
    day: date | UnsetType = UNSET


class FlowItem(Split, frozen=True, kw_only=True, omit_defaults=True):
    """Counts of one split. `rectified` counts each submission, `overdue` each deadline that passed.

    `registered` counts reports (入账): a hazard that was reported three ways and is one since (归并), three times.
    `merged` counts the confirmed hazards that are counted with another one from then on (归并), `unmerged` those that
    came back (拆分).
    """

    registered: int
    confirmed: int
    rectified: int
    closed: int
    returned: int
    reopened: int
    overdue: int
    rejected: int
    merged: int
    unmerged: int
    transferred_in: int
    transferred_out: int


class FlowsDocument(Answer, frozen=True, kw_only=True):
    """流量: what happened in the period."""

    items: list[FlowItem]


class StockItem(Split, frozen=True, kw_only=True, omit_defaults=True):
    """Hazards that are confirmed and not closed, and those of them past their deadline without 整改完成."""

    open: int
    overdue: int


class StockDocument(Answer, frozen=True, kw_only=True):
    """存量: what was open at the end of the cut-off day."""

    items: list[StockItem]


class RateDocument(Document, frozen=True, kw_only=True):
    """A rate with both its terms; `percent` has one decimal, rounded half up, and is null on a zero denominator."""

    numerator: int
    denominator: int
    percent: str | None


class RatesItem(Split, frozen=True, kw_only=True, omit_defaults=True):
    """The rates of one split; `headline` names the one to quote: the closure rate for major hazards."""

    headline: Headline
    rectification_rate: RateDocument
    closure_rate: RateDocument
    on_time_rate: RateDocument
    on_time_submission_rate: RateDocument


class RatesDocument(Answer, frozen=True, kw_only=True):
    """整改率, 销号率, 按期整改率 of the hazards confirmed, or due, in the period, as they stood at the cut-off."""

    items: list[RatesItem]


class DurationDocument(Document, frozen=True, kw_only=True):
    """A length of time, in seconds and in days."""

    seconds: float
    days: float


class ClosingsDocument(Document, frozen=True, kw_only=True):
    """Over the period's closings that stand; null where there were none."""

    closed: int
    median: DurationDocument | None
    p90: DurationDocument | None


class ConfirmationsDocument(Document, frozen=True, kw_only=True):
    """Over the period's confirmations, open ones counted in; null while too many are open."""

    found: int
    closed: int
    open: int
    median: DurationDocument | None
    p90: DurationDocument | None


class ClearanceItem(Split, frozen=True, kw_only=True, omit_defaults=True):
    """清零时长 of one split."""

    closings: ClosingsDocument
    confirmations: ConfirmationsDocument


class ClearanceDocument(Answer, frozen=True, kw_only=True):
    """清零时长: median and 90th percentile of closed − confirmed."""

    items: list[ClearanceItem]


class BalanceItem(Split, frozen=True, kw_only=True, omit_defaults=True):
    """opening + confirmed + reopened + unmerged + transferred_in − closed − merged − transferred_out = closing.

    `counted` is the closing stock counted hazard by hazard.
    """

    opening: int
    confirmed: int
    reopened: int
    unmerged: int
    transferred_in: int
    closed: int
    merged: int
    transferred_out: int
    closing: int
    counted: int
    balanced: bool


class BalanceDocument(Answer, frozen=True, kw_only=True):
    """账目平衡: whether flows and counting agree in every split."""

    items: list[BalanceItem]
    balanced: bool
