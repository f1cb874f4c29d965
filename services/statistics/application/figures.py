"""The published figures, each with its scope, period, cut-off and basis (DOMAIN §9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.chassis.process.clock import ZONE
from services.chassis.storage.database import Connection
from services.statistics.adapters import figures as books
from services.statistics.adapters.figures import Scope
from services.statistics.domain.figures import Rate, censored_quantile
from services.statistics.domain.record import Measure

Item = dict[str, Any]
_DAY_SECONDS: Final = 86_400
_ARRIVALS: Final = (Measure.CONFIRMED, Measure.REOPENED, Measure.TRANSFERRED_IN)
_DEPARTURES: Final = (Measure.CLOSED, Measure.TRANSFERRED_OUT)


@dataclass(frozen=True, slots=True)
class Period:
    """A period of Asia/Shanghai calendar days, both ends inclusive."""

    start: date
    end: date

    def days(self) -> list[date]:
        """Return every day of the period."""
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1)]


async def flows(connection: Connection, scope: Scope, period: Period) -> list[Item]:
    """Return the flows of the period: one item a split, with a count for every measure."""
    items: dict[tuple[Any, ...], Item] = {}
    for row in await books.flows(connection, scope, period.start, period.end):
        item = items.setdefault(_key(row, scope.by), _split(row, scope.by) | {m.value: 0 for m in Measure})
        item[row["measure"]] = row["count"]
    if not scope.by and not items:
        return [{measure.value: 0 for measure in Measure}]
    return list(items.values())


async def stock(connection: Connection, scope: Scope, on: date) -> list[Item]:
    """Return the open hazards at the end of day `on` (the sum of all flows until then), and the overdue among them."""
    cells = Scope(scope.cells, scope.only)
    items = {
        _key(row, cells.by): _split(row, cells.by) | {"open": row["count"], "overdue": 0}
        for row in await books.stock_before(connection, cells, on + timedelta(days=1))
    }
    for row in await books.open_on(connection, cells, [on]):
        blank = _split(row, cells.by) | {"open": 0, "overdue": 0}
        items.setdefault(_key(row, cells.by), blank)["overdue"] = row["overdue"]
    return [item for item in items.values() if item["open"] or item["overdue"] or not cells.by]


async def rates(connection: Connection, scope: Scope, period: Period, cut_off: date) -> list[Item]:
    """Return 整改率, 销号率 and 按期整改率 with both terms.

    整改率 = rectified ÷ found; for major hazards the rate to quote is closed ÷ found (DOMAIN §9), so `headline` names
    the rate that the split should be quoted by.
    """
    cells = Scope(scope.cells, scope.only)
    found = await books.cohort(connection, cells, period.start, period.end, cut_off)
    due = await books.deadlines(connection, cells, period.start, period.end, cut_off)
    items: dict[tuple[Any, ...], Item] = {}
    for row in [*found, *due]:
        items.setdefault(_key(row, cells.by), _split(row, cells.by)).update(row)
    if not items and not cells.by:
        items[()] = {}
    return [_split(item, cells.by) | _rates(item, cells) for item in items.values()]


def _rates(item: Item, scope: Scope) -> Item:
    found, due = item.get("found", 0), item.get("due", 0)
    only_major = item.get("grade") == "major" or scope.only.get("grade") == ("major",)
    return {
        "headline": "closure_rate" if only_major else "rectification_rate",
        "rectification_rate": _rate(item.get("rectified", 0), found),
        "closure_rate": _rate(item.get("closed", 0), found),
        "on_time_rate": _rate(item.get("closed_in_time", 0), due),
        "on_time_submission_rate": _rate(item.get("submitted_in_time", 0), due),
    }


def _rate(numerator: int, denominator: int) -> Item:
    rate = Rate(numerator, denominator)
    return {"numerator": rate.numerator, "denominator": rate.denominator, "percent": rate.percent}


async def clearance(connection: Connection, scope: Scope, period: Period, now: datetime) -> list[Item]:
    """Return 清零时长: over the period's closings, and over the period's confirmations with open ones counted in."""
    cells = Scope(scope.cells, scope.only)
    end_of_period = datetime.combine(period.end + timedelta(days=1), datetime.min.time(), ZONE)
    items: dict[tuple[Any, ...], Item] = {}
    for row in await books.clearances(connection, cells, period.start, period.end):
        items[_key(row, cells.by)] = _split(row, cells.by) | {"closings": _durations(row)}
    spells = await books.spells(connection, cells, period.start, period.end, min(end_of_period, now))
    by_split: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in spells:
        by_split[_key(row, cells.by)].append(row)
    for key, rows in by_split.items():
        items.setdefault(key, _split(rows[0], cells.by))["confirmations"] = _censored(rows)
    nothing = {"closings": _durations({}), "confirmations": _censored([])}
    if not items and not cells.by:
        items[()] = {}
    return [_split(item, cells.by) | nothing | item for item in items.values()]


def _durations(row: Mapping[str, Any]) -> Item:
    median, p90 = row.get("median"), row.get("p90")
    return {"closed": row.get("closed", 0), "median": _duration(median), "p90": _duration(p90)}


def _censored(rows: Sequence[Mapping[str, Any]]) -> Item:
    pairs = [(row["seconds"], row["closed"]) for row in rows]
    closed = sum(is_closed for _, is_closed in pairs)
    return {
        "found": len(pairs),
        "closed": closed,
        "open": len(pairs) - closed,
        "median": _duration(censored_quantile(pairs, 0.5)),
        "p90": _duration(censored_quantile(pairs, 0.9)),
    }


def _duration(seconds: float | None) -> Item | None:
    if seconds is None:
        return None
    return {"seconds": round(float(seconds), 3), "days": round(float(seconds) / _DAY_SECONDS, 2)}


async def balance(connection: Connection, scope: Scope, period: Period) -> list[Item]:
    """Return opening, movements and closing of each split, and whether counting hazard by hazard gives the same."""
    cells = Scope(scope.cells, scope.only)
    daily = "day" in scope.by
    days = period.days() if daily else [period.end]
    running = {
        _key(row, cells.by): (_split(row, cells.by), row["count"])
        for row in await books.stock_before(connection, cells, period.start)
    }
    moved: dict[tuple[Any, ...], Item] = defaultdict(lambda: {m.value: 0 for m in (*_ARRIVALS, *_DEPARTURES)})
    for row in await books.flows(connection, Scope((*cells.by, "day"), scope.only), period.start, period.end):
        running.setdefault(_key(row, cells.by), (_split(row, cells.by), 0))
        counts = moved[(row["day"] if daily else period.end, *_key(row, cells.by))]
        if row["measure"] in counts:
            counts[row["measure"]] += row["count"]
    counted = {(row["day"], *_key(row, cells.by)): row["open"] for row in await books.open_on(connection, cells, days)}
    items = []
    for key, (split, opening) in sorted(running.items()):
        carried = opening
        for day in days:
            item = _balanced(carried, moved[(day, *key)], counted.pop((day, *key), 0))
            items.append(split | ({"day": day} if daily else {}) | item)
            carried = item["closing"]
    # A cell that stands open without ever having had a flow can't balance; it must not stay hidden.
    items += [dict(zip(cells.by, key[1:], strict=True)) | _balanced(0, {}, n) for key, n in counted.items()]
    return [item for item in items if not cells.by or any(item.get(name) for name in _SHOWN)]


_SHOWN: Final = ("opening", "closing", "counted", *(m.value for m in (*_ARRIVALS, *_DEPARTURES)))


def _balanced(opening: int, moved: Mapping[str, int], counted: int) -> Item:
    arrivals = sum(moved.get(measure.value, 0) for measure in _ARRIVALS)
    departures = sum(moved.get(measure.value, 0) for measure in _DEPARTURES)
    closing = opening + arrivals - departures
    return {"opening": opening, **moved, "closing": closing, "counted": counted, "balanced": closing == counted}


def _key(row: Mapping[str, Any], names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _split(row: Mapping[str, Any], names: Iterable[str]) -> Item:
    return {name: row[name] for name in names if name in row}
