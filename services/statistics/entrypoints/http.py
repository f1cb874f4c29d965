"""The figures over HTTP. Each answer says its scope, period, cut-off, basis, and up to when the data goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from duban_contracts.profile import City
from duban_contracts.vocabulary import CHANNELS, GRADES, SECTORS
from services.chassis.access.keys import Principal, require
from services.chassis.process.clock import ZONE, Clock
from services.chassis.storage.database import Connection, Database
from services.chassis.web.problems import Problem
from services.statistics.adapters.figures import GROUPS, Scope, data_through
from services.statistics.application import figures
from services.statistics.application.figures import Item, Period
from services.statistics.domain.cell import DIMENSIONS, UNDETERMINED

_LONGEST_DAILY: Final = 400
_UNDETERMINED_NAME: Final = "未定级"

Caller = Annotated[Principal, Depends(require())]
From = Annotated[date, Query(alias="from", description="first day, inclusive, Asia/Shanghai")]
To = Annotated[date, Query(alias="to", description="last day, inclusive")]
By = Annotated[str, Query(description=f"comma-separated: {', '.join(GROUPS)}")]
Codes = Annotated[str | None, Query(description="comma-separated codes; absent = all")]


class Names:
    """The Chinese names that stand beside codes."""

    def __init__(self, city: City) -> None:
        self._city = city

    def beside(self, item: Item) -> Item:
        """Return the item with `<dimension>_name` after each dimension's code."""
        named: Item = {}
        for key, value in item.items():
            named[key] = value
            if key in DIMENSIONS:
                named[f"{key}_name"] = self.name(key, value)
        return named

    def name(self, dimension: str, code: str) -> str | None:
        """Return the name of a code, or None when the code is not published."""
        if dimension == "county":
            region = self._city.region(code)
            return region.name if region else None
        if dimension == "grade" and code == UNDETERMINED:
            return _UNDETERMINED_NAME
        term = {"sector": SECTORS, "grade": GRADES, "channel": CHANNELS}[dimension].get(code)
        return term.name if term else None


async def _wanted(
    caller: Caller,
    by: By = "",
    county: Codes = None,
    sector: Codes = None,
    grade: Codes = None,
    channel: Codes = None,
) -> Scope:
    names = tuple(dict.fromkeys(name for name in by.split(",") if name))
    if unknown := [name for name in names if name not in GROUPS]:
        raise _invalid("by", f"不支持按 {'、'.join(unknown)} 分组", f"one of {', '.join(GROUPS)}")
    given = {"county": county, "sector": sector, "grade": grade, "channel": channel}
    only = {name: tuple(text.split(",")) for name, text in given.items() if text}
    return Scope(names, _within(caller, only))


def _within(caller: Principal, only: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Narrow the filters to what the caller may see: data scope is area × sector (DOMAIN §10)."""
    narrowed = dict(only)
    for code in only.get("county", ()):
        if not caller.covers(code):
            raise Problem(403, "outside-scope", f"无权查看 {code} 的数据", field="county")
    if "county" not in only and not caller.area.endswith("00"):
        narrowed["county"] = (caller.area,)
    if caller.sectors:
        if outside := [code for code in only.get("sector", ()) if code not in caller.sectors]:
            raise Problem(403, "outside-scope", f"无权查看行业 {'、'.join(outside)} 的数据", field="sector")
        narrowed.setdefault("sector", caller.sectors)
    return narrowed


async def _period(start: From, end: To) -> Period:
    if end < start:
        raise _invalid("to", "结束日期早于开始日期", "not before from")
    return Period(start, end)


def _invalid(field: str, detail: str, rule: str) -> Problem:
    return Problem(422, "invalid-request", detail, field=field, rule=rule)


Wanted = Annotated[Scope, Depends(_wanted)]
Over = Annotated[Period, Depends(_period)]


def create_router(database: Database, clock: Clock, city: City) -> APIRouter:
    """Return the routes of the published figures."""
    router = APIRouter(prefix="/v1", tags=["figures"])
    answer = _Answers(Names(city))

    @router.get("/flows", summary="流量：期间内的入账、确认、整改、销号等")
    async def flows(wanted: Wanted, period: Over) -> Item:
        _not_too_long(wanted, period)
        async with database.acquire() as connection:
            items = await figures.flows(connection, wanted, period)
            return await answer.give(connection, wanted, items, basis="flow", period=period)

    @router.get("/stock", summary="存量：截止日终未销号的隐患")
    async def stock(wanted: Wanted, on: Annotated[date | None, Query(description="cut-off day")] = None) -> Item:
        cut_off = on or clock.now().astimezone(ZONE).date()
        async with database.acquire() as connection:
            items = await figures.stock(connection, wanted, cut_off)
            return await answer.give(connection, wanted, items, basis="stock", cut_off=cut_off)

    @router.get("/rates", summary="整改率、销号率、按期整改率")
    async def rates(wanted: Wanted, period: Over, cut_off: date | None = None) -> Item:
        async with database.acquire() as connection:
            items = await figures.rates(connection, wanted, period, cut_off or period.end)
            return await answer.give(
                connection, wanted, items, basis="cohort", period=period, cut_off=cut_off or period.end
            )

    @router.get("/clearance", summary="清零时长：中位数与 90 分位数")
    async def clearance(wanted: Wanted, period: Over) -> Item:
        async with database.acquire() as connection:
            items = await figures.clearance(connection, wanted, period, clock.now())
            return await answer.give(connection, wanted, items, basis="cohort", period=period)

    @router.get("/balance", summary="账目平衡：期初 + 新增 + 反弹 + 转入 - 销号 - 转出 = 期末")
    async def balance(wanted: Wanted, period: Over) -> Item:
        _not_too_long(wanted, period)
        async with database.acquire() as connection:
            items = await figures.balance(connection, wanted, period)
            given = await answer.give(connection, wanted, items, basis="flow", period=period)
            return given | {"balanced": all(item["balanced"] for item in items)}

    return router


def _not_too_long(wanted: Scope, period: Period) -> None:
    if "day" in wanted.by and len(period.days()) > _LONGEST_DAILY:
        raise _invalid("to", f"按日统计最长 {_LONGEST_DAILY} 天", f"at most {_LONGEST_DAILY} days with by=day")


class _Answers:
    """Wraps items into an answer that can be quoted: nothing is published without its scope and cut-off."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def give(
        self,
        connection: Connection,
        wanted: Scope,
        items: list[Item],
        *,
        basis: str,
        period: Period | None = None,
        cut_off: date | None = None,
    ) -> Item:
        """Return the answer as it is published."""
        as_of: datetime | None = await data_through(connection)
        scope: dict[str, Any] = {
            name: [{"code": code, "name": self._names.name(name, code)} for code in codes]
            for name, codes in wanted.only.items()
        }
        return {
            "scope": scope,
            "period": {"from": period.start, "to": period.end} if period else None,
            "cut_off": cut_off or (period.end if period else None),
            "basis": basis,
            "by": list(wanted.by),
            "as_of": as_of,
            "items": [self._names.beside(item) for item in items],
        }
