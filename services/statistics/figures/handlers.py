"""The published figures, by split: which rows each is made of, and which rule makes it of them (DOMAIN §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from duban_contracts.days import Zone
from duban_contracts.topics import PARTITIONS
from services.chassis.storage.database import Connection
from services.statistics.books.model.record import Measure
from services.statistics.books.tables import progress
from services.statistics.figures import tables
from services.statistics.figures.model.balance import Balance, Key, balances
from services.statistics.figures.model.durations import Closings, Confirmations
from services.statistics.figures.model.periods import Period
from services.statistics.figures.model.rates import Cohort
from services.statistics.figures.tables import DAY, Selection


@dataclass(frozen=True, slots=True)
class Stock:
    """Open hazards at the end of a day, and the overdue among them."""

    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Clearance:
    """清零时长: over the period's closings, and over its confirmations with open ones counted in."""

    closings: Closings
    confirmations: Confirmations


async def data_through(connection: Connection, selection: Selection) -> datetime | None:
    """Return up to when the figures of a selection go (domain time); None until every partition has spoken."""
    return await progress.data_through(connection, PARTITIONS, selection.only.get("county"))


async def flows(
    connection: Connection, selection: Selection, period: Period
) -> Mapping[tuple[date, Key], Mapping[Measure, int]]:
    """Return the flows by measure: of each day when the answer is split by day, else all on the period's last day."""
    found = await tables.flows(connection, selection, period, daily=DAY in selection.by)
    return found or ({} if selection.by else {(period.end, ()): {}})


async def stock(connection: Connection, selection: Selection, on: date) -> dict[Key, Stock]:
    """Return the open hazards at the end of day `on` (the sum of all flows until then), and the overdue among them."""
    summed = await tables.stock_before(connection, selection, on + timedelta(days=1))
    counted = await tables.open_on(connection, selection, Period(on, on))
    overdue = {key: late for (_, key), (_, late) in counted.items()}
    found = {key: Stock(summed.get(key, 0), overdue.get(key, 0)) for key in sorted({*summed, *overdue})}
    return {key: one for key, one in found.items() if one.open or one.overdue or not selection.cells}


async def rates(connection: Connection, selection: Selection, period: Period, cut_off: date) -> dict[Key, Cohort]:
    """Return the terms of 整改率, 销号率 and 按期整改率 as they stood at `cut_off`."""
    return await tables.cohorts(connection, selection, period, cut_off)


async def rates_by(connection: Connection, split: tuple[str, ...], period: Period, cut_off: date) -> dict[Key, Cohort]:
    """Return the terms of the rates of the whole city, by the dimensions `split`."""
    return await rates(connection, Selection(by=split), period, cut_off)


async def clearance(
    connection: Connection, selection: Selection, period: Period, *, now: datetime, zone: Zone
) -> dict[Key, Clearance]:
    """Return 清零时长; hazards that are open are counted up to the period's end, or to `now` while it lasts."""
    until = min(zone.end_of_day(period.end), now)
    closings = await tables.closings(connection, selection, period)
    spells = await tables.spells(connection, selection, period, until)
    return {
        key: Clearance(closings.get(key, Closings()), Confirmations.of(spells.get(key, [])))
        for key in sorted({*closings, *spells})
    }


async def balance(connection: Connection, selection: Selection, period: Period) -> dict[tuple[date, Key], Balance]:
    """Return opening, movements and closing of each split, and whether counting hazard by hazard gives the same.

    Of every day when the answer is split by day, else of the whole period, on its last day. Splits in which nothing
    stood or moved are left out.
    """
    days = period.days() if DAY in selection.by else [period.end]
    opening = await tables.stock_before(connection, selection, period.start)
    moved = await tables.flows(connection, selection, period, daily=DAY in selection.by)
    counted = await tables.open_on(connection, selection, Period(days[0], days[-1]))
    standing = {place: is_open for place, (is_open, _) in counted.items()}
    found = balances(opening, moved, standing, days)
    return {place: one for place, one in found.items() if not (selection.cells and one.is_empty)}
