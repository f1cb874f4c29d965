"""The figures over HTTP: five routes that take the same filters and split, and answer from one reading of the books."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import Depends, Query

from duban_contracts.days import Zone
from duban_contracts.profile import City
from duban_contracts.refusals import violation
from duban_contracts.vocabulary import CHANNELS, GRADES, SECTORS
from services.chassis.access.policy import Action, Reach, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, OBSERVERS
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.chassis.web.parameters import Day, Listed
from services.chassis.web.periods import FROM, TO, in_order
from services.chassis.web.problems import Problem, declares
from services.chassis.web.routes import Router
from services.statistics.books.model.cell import DIMENSIONS, UNDETERMINED
from services.statistics.figures import handlers
from services.statistics.figures.documents import filling
from services.statistics.figures.documents.answers import (
    BalanceDocument,
    ClearanceDocument,
    FlowsDocument,
    RatesDocument,
    StockDocument,
)
from services.statistics.figures.documents.filling import Quotation
from services.statistics.figures.documents.names import Names
from services.statistics.figures.model.periods import Period
from services.statistics.figures.tables import DAY, GROUPS, Selection

# Sums over whole counties: whoever is bound to less than a county (a township, an enterprise) gets none, for a figure
# of zero would say that nothing is wrong there.
READ: Final = Action("statistics.figures.read", "查看统计数字", roles=CASE_STAFF | OBSERVERS, reach=Reach.COUNTIES)

_PERIOD: Final = declares("period-reversed", "period-too-long")
_MOST_DAYS: Final = 400
_BY: Final = "split of the answer, comma-separated: "

# Only what is counted day by day can be split by day.
By = Annotated[tuple[str, ...], Listed(DIMENSIONS), Query(description=_BY + ", ".join(DIMENSIONS))]
ByAlsoDay = Annotated[tuple[str, ...], Listed(GROUPS), Query(description=_BY + ", ".join(GROUPS))]
Counties = Annotated[tuple[str, ...], Query(description="division codes, comma-separated; absent = all")]
Sectors = Annotated[tuple[str, ...], Listed([term.code for term in SECTORS]), Query()]
Grades = Annotated[tuple[str, ...], Listed([*(term.code for term in GRADES), UNDETERMINED]), Query()]
Channels = Annotated[tuple[str, ...], Listed([term.code for term in CHANNELS]), Query()]
MayRead = Annotated[Caller, Depends(allow(READ))]
CutOff = Annotated[
    Day | None, Query(description="the day at whose end it stands so; the period's last day when absent")
]


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    clock: Clock
    city: City
    zone: Zone
    names: Names


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cells a caller asks for, and by what the answer is split; nothing named = everything it may see."""

    caller: MayRead
    by: By = ()
    county: Counties = ()
    sector: Sectors = ()
    grade: Grades = ()
    channel: Channels = ()

    def selection(self, city: City) -> Selection:
        """Return what of it lies inside the caller's scope; raises Problem for a code that is no county's."""
        scope = self.caller.scope.narrowed(county=_counties(self.county, city) or None, sector=self.sector or None)
        return Selection(self.by, scope, frozenset(self.grade) or None, frozenset(self.channel) or None)


@dataclass(frozen=True, slots=True)
class DailyFilter(Filter):
    """The same, where an answer can be split by day, too."""

    by: ByAlsoDay = ()


Filters = Annotated[Filter, Depends()]
DailyFilters = Annotated[DailyFilter, Depends()]


def _counties(given: Sequence[str], city: City) -> list[str]:
    codes = [code for text in given for code in text.split(",")]
    known = [county.code for county in city.counties]
    if unknown := [code for code in codes if code not in known]:
        rule = f"{', '.join(unknown)}: must be one of {', '.join(known)}"
        raise Problem.of_all([violation("unknown-value", "county", rule=rule, values=", ".join(known))])
    return codes


async def _period(start: Annotated[Day, FROM], end: Annotated[Day, TO]) -> Period:
    in_order(start, end)
    return Period(start, end)


Over = Annotated[Period, Depends(_period)]


def router(deps: Deps) -> Router:
    """Return the routes of the published figures."""
    routes = Router(prefix="/v1", tags=["figures"])

    @routes.get("/flows", summary="流量：期间内的入账、确认、整改、销号等", responses=_PERIOD)
    async def flows(wanted: DailyFilters, period: Over) -> FlowsDocument:
        _not_too_long(wanted, period)
        async with _reading(deps, wanted, period, period.end) as (connection, quote):
            return filling.flows_of(await handlers.flows(connection, quote.selection, period), quote)

    @routes.get("/stock", summary="存量：截止日终未销号的隐患")
    async def stock(
        wanted: Filters, on: Annotated[Day | None, Query(description="cut-off day")] = None
    ) -> StockDocument:
        cut_off = on or deps.zone.today(deps.clock.now())
        async with _reading(deps, wanted, None, cut_off) as (connection, quote):
            return filling.stock_of(await handlers.stock(connection, quote.selection, cut_off), quote)

    @routes.get("/rates", summary="整改率、销号率、按期整改率", responses=_PERIOD)
    async def rates(wanted: Filters, period: Over, cut_off: CutOff = None) -> RatesDocument:
        async with _reading(deps, wanted, period, cut_off or period.end) as (connection, quote):
            return filling.rates_of(await handlers.rates(connection, quote.selection, period, quote.cut_off), quote)

    @routes.get("/clearance", summary="清零时长：中位数与 90 分位数", responses=_PERIOD)
    async def clearance(wanted: Filters, period: Over) -> ClearanceDocument:
        now, zone = deps.clock.now(), deps.zone
        async with _reading(deps, wanted, period, period.end) as (connection, quote):
            found = await handlers.clearance(connection, quote.selection, period, now=now, zone=zone)
            return filling.clearance_of(found, quote)

    @routes.get(
        "/balance", summary="账目平衡：期初 + 新增 + 反弹 + 拆分 + 转入 - 销号 - 归并 - 转出 = 期末", responses=_PERIOD
    )
    async def balance(wanted: DailyFilters, period: Over) -> BalanceDocument:
        _not_too_long(wanted, period)
        async with _reading(deps, wanted, period, period.end) as (connection, quote):
            return filling.balance_of(await handlers.balance(connection, quote.selection, period), quote)

    return routes


def _not_too_long(wanted: Filter, period: Period) -> None:
    if DAY in wanted.by and len(period.days()) > _MOST_DAYS:
        raise Problem("period-too-long", field="to", limit=_MOST_DAYS)


@asynccontextmanager
async def _reading(
    deps: Deps, wanted: Filter, period: Period | None, cut_off: date
) -> AsyncIterator[tuple[Connection, Quotation]]:
    """Give a connection whose queries all see the same transactions, and what the answer is quoted with.

    Booked between two queries, an event would stand in one figure and not in the other.
    """
    selection = wanted.selection(deps.city)
    async with (
        deps.database.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        as_of = await handlers.data_through(connection, selection)
        yield connection, Quotation(deps.names, selection, cut_off, period, as_of)
