"""Recompute every published figure from the ledger's own history, sharing nothing with the stream's fold.

    python -m services.statistics.recompute --ledger-history history.jsonl --statistics http://127.0.0.1:18084

The history is a file of JSON lines, or the URL of the ledger (`GET /v1/history`). Each record has `hazard_id`,
`version`, `type` and its payload (`data` or `payload`). Keys come from DUBAN_LEDGER_KEY and DUBAN_STATISTICS_KEY.
Prints every difference; exits 0 when there is none, 1 when there is one, 2 when the history itself has a gap.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx

from services.statistics.replayed_books import Books, BrokenHistory, CellKey, Standing, books_of

__all__ = ["Books", "BrokenHistory", "books_of", "differences", "read_history"]

_CELL: Final = ("county", "sector", "grade", "channel")
_PAGE: Final = 1000
_EXIT_DIFFERENT: Final = 1
_EXIT_BROKEN_HISTORY: Final = 2

Ask = Callable[[str, Mapping[str, str]], dict[str, Any]]


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
        to = min(start + timedelta(days=299), books.days[1])
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
        first += timedelta(days=300)


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
    recomputed = _rates(books)
    found = []
    for key in sorted(set(recomputed) | set(published)):
        for rate in ("rectification_rate", "closure_rate", "on_time_rate"):
            over, under = recomputed.get(key, {}).get(rate, (0, 0))
            wanted = {"numerator": over, "denominator": under, "percent": _percent(over, under)}
            if published.get(key, {}).get(rate) != wanted:
                found.append(f"{rate} {key}: recomputed {wanted}, published {published.get(key, {}).get(rate)}")
    return found


def _rates(books: Books) -> dict[tuple[str, str], dict[str, tuple[int, int]]]:
    """Return (numerator, denominator) of each rate by county and grade, for the whole time of the books."""
    first, last = books.days
    groups: dict[tuple[str, str], list[Standing]] = defaultdict(list)
    for hazard in books.hazards.values():
        if hazard.confirmed_day is not None and hazard.cell is not None:
            groups[hazard.cell[0], hazard.cell[2]].append(hazard)
    result = {}
    for key, members in groups.items():
        due = [h for h in members if h.deadline is not None and first <= h.deadline <= last]
        in_time = [h for h in due if h.closed_day and h.deadline and h.closed_day <= h.deadline]
        closed = sum(h.closed_day is not None for h in members)
        rectified = sum(h.rectified_day is not None or h.closed_day is not None for h in members)
        result[key] = {
            "rectification_rate": (rectified, len(members)),
            "closure_rate": (closed, len(members)),
            "on_time_rate": (len(in_time), len(due)),
        }
    return result


def _percent(over: int, under: int) -> str | None:
    if under == 0:
        return None
    tenths = int(Fraction(over * 1000, under) + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"


def _clearance_differences(books: Books, ask: Ask, period: dict[str, str]) -> list[str]:
    answer = ask("/v1/clearance", period)["items"][0]["closings"]
    seconds = [
        (hazard.closed - hazard.confirmed).total_seconds()
        for hazard in books.hazards.values()
        if hazard.closed is not None and hazard.confirmed is not None
    ]
    if answer["closed"] != len(seconds):
        return [f"clearance: recomputed {len(seconds)} closings, published {answer['closed']}"]
    if seconds and abs(median(seconds) - answer["median"]["seconds"]) > 0.01:  # noqa: PLR2004
        return [f"clearance: recomputed median {median(seconds)}, published {answer['median']}"]
    return []


def _cell(item: Mapping[str, Any]) -> CellKey:
    return item["county"], item["sector"], item["grade"], item["channel"]


def read_history(source: str, key: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the history's records from a file of JSON lines, or page by page from the ledger at a URL."""
    if not source.startswith(("http://", "https://")):
        with Path(source).open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())
        return
    after: object = 0
    with _client(source, key) as client:
        while after is not None:
            answer = client.get("/v1/history", params={"after": str(after), "limit": str(_PAGE)})
            answer.raise_for_status()
            if "json" in answer.headers["content-type"] and answer.text.lstrip().startswith('{"items"'):
                page = answer.json()
                yield from page["items"]
                after = page.get("next")
            else:
                page = [json.loads(line) for line in answer.text.splitlines() if line.strip()]
                yield from page
                after = page[-1].get("position") if len(page) == _PAGE else None


def _client(url: str, key: str | None) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)


def main() -> int:
    """Run the comparison; return the exit code."""
    parser = argparse.ArgumentParser(prog="services.statistics.recompute", description=__doc__.split("\n")[0])
    parser.add_argument("--ledger-history", required=True, help="file of JSON lines, or URL of the ledger")
    parser.add_argument("--statistics", required=True, help="URL of the statistics service")
    arguments = parser.parse_args()
    try:
        books = books_of(read_history(arguments.ledger_history, os.environ.get("DUBAN_LEDGER_KEY")))
    except BrokenHistory as error:
        print(f"the history has a gap: {error}")  # noqa: T201 - a command's answer
        return _EXIT_BROKEN_HISTORY
    with _client(arguments.statistics, os.environ.get("DUBAN_STATISTICS_KEY")) as client:

        def ask(path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
            answer = client.get(path, params=dict(parameters))
            answer.raise_for_status()
            return dict(answer.json())

        found = differences(books, ask)
    for line in found:
        print(line)  # noqa: T201 - a command's answer
    first, last = books.days
    print(  # noqa: T201 - a command's answer
        f"{len(books.hazards)} hazards, {sum(books.flows.values())} counts, {first} to {last}: "
        f"{'equal' if not found else f'{len(found)} differences'} ({datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ})"
    )
    return _EXIT_DIFFERENT if found else 0


if __name__ == "__main__":
    sys.exit(main())
