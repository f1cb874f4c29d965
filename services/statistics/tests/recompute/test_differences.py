"""Which differences between published and recomputed figures are found."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from services.statistics.recompute.handlers import differences
from services.statistics.recompute.model import books_of
from services.statistics.tests.stories import history_of, hour, open_since

pytestmark = pytest.mark.promise("P5")
BOOKS = books_of(history_of([open_since(1, "a").submitted(hour(2)).closed(hour(25)), open_since(1, "b")]))
CELL = {"county": "140502", "sector": "hazchem", "grade": "general", "channel": "inspection"}
FOUND = {**CELL, "grade": "undetermined"}
DAYS = {"2026-11-01": {"open": 2, "overdue": 0}, "2026-11-02": {"open": 1, "overdue": 0}}
RIGHT: dict[str, dict[str, Any]] = {
    "/v1/flows": {
        "items": [
            {**FOUND, "day": "2026-11-01", "registered": 2, "confirmed": 0},
            {**CELL, "day": "2026-11-01", "confirmed": 2, "rectified": 1},
            {**CELL, "day": "2026-11-02", "closed": 1},
        ]
    },
    "/v1/stock": {"items": [CELL]},
    "/v1/rates": {
        "items": [
            {
                **CELL,
                "rectification_rate": {"numerator": 1, "denominator": 2, "percent": "50.0"},
                "closure_rate": {"numerator": 1, "denominator": 2, "percent": "50.0"},
                "on_time_rate": {"numerator": 0, "denominator": 0, "percent": None},
            }
        ]
    },
    "/v1/clearance": {"items": [{"closings": {"closed": 1, "median": {"seconds": 86_400.0}}}]},
    "/v1/balance": {"items": [{**CELL, "balanced": True}]},
}


def compared(published: Mapping[str, Mapping[str, Any]], stock: Mapping[str, Mapping[str, int]] = DAYS) -> list[str]:
    """Compare with what is published; the stock of each day is added to its cell."""

    def ask(path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer = copy.deepcopy(dict(published[path]))
        if path == "/v1/stock":
            answer["items"] = [{**item, **stock[parameters["on"]]} for item in answer["items"]]
        if path == "/v1/flows":
            days = {date.fromisoformat(parameters[end]) for end in ("from", "to")}
            answer["items"] = [i for i in answer["items"] if min(days) <= date.fromisoformat(i["day"]) <= max(days)]
        return answer

    return differences(BOOKS, ask)


def changed(path: str, **fields: Any) -> dict[str, dict[str, Any]]:
    published = copy.deepcopy(RIGHT)
    published[path]["items"][0].update(fields)
    return published


def test_equal_figures_are_equal() -> None:
    assert compared(RIGHT) == []


@pytest.mark.parametrize(
    ("published", "line"),
    [
        (changed("/v1/flows", registered=3), "flows 2026-11-01"),
        (changed("/v1/flows", returned=1), "flows 2026-11-01"),
        (changed("/v1/rates", closure_rate={"numerator": 2, "denominator": 2, "percent": "100.0"}), "closure_rate"),
        (changed("/v1/rates", county="140521"), "closure_rate"),
        (changed("/v1/clearance", closings={"closed": 2, "median": {"seconds": 1.0}}), "clearance: recomputed 1"),
        (changed("/v1/clearance", closings={"closed": 1, "median": {"seconds": 86_401.0}}), "clearance: recomputed m"),
        (changed("/v1/balance", balanced=False), "balance ('140502', 'hazchem', 'general', 'inspection')"),
    ],
)
def test_a_figure_that_differs_is_named(published: dict[str, dict[str, Any]], line: str) -> None:
    assert any(found.startswith(line) for found in compared(published))


@pytest.mark.parametrize("day", [{"open": 3, "overdue": 0}, {"open": 2, "overdue": 1}])
def test_a_stock_that_differs_is_named_by_its_day(day: dict[str, int]) -> None:
    found = compared(RIGHT, {**DAYS, "2026-11-01": day})
    assert [line[:16] for line in found] == ["stock 2026-11-01"]


def test_long_histories_are_asked_for_in_stretches_and_lose_no_day() -> None:
    books = books_of(history_of([open_since(1).submitted(hour(24 * 700)).closed(hour(24 * 900))]))
    asked: list[tuple[date, date]] = []

    def ask(path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        if path == "/v1/flows":
            asked.append((date.fromisoformat(parameters["from"]), date.fromisoformat(parameters["to"])))
        if path == "/v1/clearance":
            return {"items": [{"closings": {"closed": 0}}]}
        return {"items": []}

    differences(books, ask)
    first, last = books.days
    assert (asked[0][0], asked[-1][1]) == (first, last)
    assert all((to - start).days < 300 for start, to in asked)
    assert all((later[0] - earlier[1]).days == 1 for earlier, later in pairwise(asked))
