"""Reading what a city decided about its days, and comparing the recomputed figures with the published ones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

from services.statistics.recompute.model import Books, CellKey, Days, percent, rates_of, seconds_open

_CELL: Final = ("county", "sector", "grade", "channel")
_RATES: Final = ("rectification_rate", "closure_rate", "on_time_rate", "on_time_submission_rate")
_DAYS_AT_ONCE: Final = 300
_SECONDS_ALIKE: Final = 0.01

Ask = Callable[[str, Mapping[str, str]], dict[str, Any]]


def days_of(profile: Path) -> Days:
    """Read a city's calendar and where its deadlines on days off go; raises OSError or ValueError."""
    calendar = json.loads((profile / "calendar.json").read_text(encoding="utf-8"))
    policy = json.loads((profile / "policy.json").read_text(encoding="utf-8"))
    off, worked = (frozenset(map(date.fromisoformat, calendar[name])) for name in ("holidays", "workdays"))
    return Days(off, worked, policy.get("roll", "none"))


def differences(books: Books, ask: Ask) -> list[str]:
    """Return every difference between the recomputed books and what `ask(path, parameters)` says is published."""
    first, last = books.days
    period = {"from": first.isoformat(), "to": last.isoformat()}
    found = _flow_differences(books, ask)
    for day in sorted({first, first + (last - first) / 2, last}):
        found += _stock_differences(books, ask, day)
    found += _rate_differences(books, ask, period)
    found += _clearance_differences(books, ask, period)
    balance = ask("/v1/balance", period | {"by": ",".join(_CELL)})
    found += [f"balance {_cell(item)}: does not balance" for item in balance["items"] if not item["balanced"]]
    return found


def _flow_differences(books: Books, ask: Ask) -> list[str]:
    published: Counter[tuple[date, CellKey, str]] = Counter()
    for start in _stretches(*books.days):
        to = min(start + timedelta(days=_DAYS_AT_ONCE - 1), books.days[1])
        answer = ask("/v1/flows", {"from": start.isoformat(), "to": to.isoformat(), "by": ",".join((*_CELL, "day"))})
        for item in answer["items"]:
            for measure, value in item.items():
                if isinstance(value, int) and value:
                    published[date.fromisoformat(item["day"]), _cell(item), measure] += value
    return [
        f"flows {day} {cell} {measure}: recomputed {books.flows[key]}, published {published[key]}"
        for key in sorted(set(books.flows) | set(published))
        if books.flows[key] != published[key]
        for day, cell, measure in [key]
    ]


def _stretches(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=_DAYS_AT_ONCE)


def _stock_differences(books: Books, ask: Ask, day: date) -> list[str]:
    answer = ask("/v1/stock", {"on": day.isoformat(), "by": ",".join(_CELL)})
    published = {_cell(item): (item["open"], item["overdue"]) for item in answer["items"]}
    counted = books.open_on(day)
    return [
        f"stock {day} {cell}: recomputed {counted.get(cell)}, published {published.get(cell)}"
        for cell in sorted(set(counted) | set(published))
        if counted.get(cell) != published.get(cell)
    ]


def _rate_differences(books: Books, ask: Ask, period: dict[str, str]) -> list[str]:
    answer = ask("/v1/rates", period | {"by": "county,grade"})
    published = {(item["county"], item["grade"]): item for item in answer["items"]}
    recomputed = rates_of(books)
    found = []
    for key in sorted(set(recomputed) | set(published)):
        for rate in _RATES:
            over, under = recomputed.get(key, {}).get(rate, (0, 0))
            wanted = {"numerator": over, "denominator": under, "percent": percent(over, under)}
            if published.get(key, {}).get(rate) != wanted:
                found.append(f"{rate} {key}: recomputed {wanted}, published {published.get(key, {}).get(rate)}")
    return found


def _clearance_differences(books: Books, ask: Ask, period: dict[str, str]) -> list[str]:
    answer = ask("/v1/clearance", period)["items"][0]["closings"]
    seconds = seconds_open(books)
    if answer["closed"] != len(seconds):
        return [f"clearance: recomputed {len(seconds)} closings, published {answer['closed']}"]
    if seconds and abs(median(seconds) - answer["median"]["seconds"]) > _SECONDS_ALIKE:
        return [f"clearance: recomputed median {median(seconds)}, published {answer['median']}"]
    return []


def _cell(item: Mapping[str, Any]) -> CellKey:
    return item["county"], item["sector"], item["grade"], item["channel"]
