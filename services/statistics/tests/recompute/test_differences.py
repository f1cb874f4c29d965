"""Which differences between published and recomputed figures are found, and what is asked for to find them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from services.statistics.recompute.handlers import differences
from services.statistics.recompute.model import Books, books_of
from services.statistics.tests.stories import history_of, hour, open_since

pytestmark = pytest.mark.promise("P5")
BOOKS = books_of(history_of([open_since(1, "a").submitted(hour(2)).closed(hour(90)), open_since(1, "b")]))
CELL = {"county": "140502", "sector": "hazchem", "grade": "general", "channel": "inspection"}
FOUND = {**CELL, "grade": "undetermined"}
PERIOD = {"from": "2026-11-01", "to": "2026-11-05"}
ASKED = {
    "/v1/flows": {**PERIOD, "by": "county,sector,grade,channel,day"},
    "/v1/rates": {**PERIOD, "by": "county,grade"},
    "/v1/clearance": PERIOD,
    "/v1/balance": {**PERIOD, "by": "county,sector,grade,channel"},
}
STOCK = {
    "2026-11-01": {"open": 2, "overdue": 0},
    "2026-11-03": {"open": 2, "overdue": 0},
    "2026-11-05": {"open": 1, "overdue": 0},
}
NO_RATE = {"numerator": 0, "denominator": 0, "percent": None}
HALF = {"numerator": 1, "denominator": 2, "percent": "50.0"}
RIGHT: dict[str, dict[str, Any]] = {
    "/v1/flows": {
        "items": [
            {**FOUND, "day": "2026-11-01", "registered": 2, "confirmed": 0},
            {**CELL, "day": "2026-11-01", "confirmed": 2, "rectified": 1},
            {**CELL, "day": "2026-11-05", "closed": 1},
        ]
    },
    "/v1/stock": {"items": [CELL]},
    "/v1/rates": {
        "items": [
            {
                **CELL,
                "rectification_rate": HALF,
                "closure_rate": HALF,
                "on_time_rate": NO_RATE,
                "on_time_submission_rate": NO_RATE,
            }
        ]
    },
    "/v1/clearance": {"items": [{"closings": {"closed": 1, "median": {"seconds": 89 * 3600.0}}}]},
    "/v1/balance": {"items": [{**CELL, "balanced": True}]},
}


def compared(
    published: Mapping[str, Mapping[str, Any]],
    stock: Mapping[str, Mapping[str, int]] = STOCK,
    books: Books = BOOKS,
) -> list[str]:
    """Compare with what is published; the stock of each day is added to its cell."""

    def ask(path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer = copy.deepcopy(dict(published[path]))
        if path == "/v1/stock":
            day = parameters["on"]
            assert parameters == {"on": day, "by": "county,sector,grade,channel"}
            answer["items"] = [{**item, **stock[day]} for item in answer["items"]]
        else:
            assert parameters == ASKED[path]
        return answer

    return differences(books, ask)


def changed(path: str, **fields: Any) -> dict[str, dict[str, Any]]:
    published = copy.deepcopy(RIGHT)
    published[path]["items"][0].update(fields)
    return published


def added(path: str, item: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    published = copy.deepcopy(RIGHT)
    published[path]["items"].append(dict(item))
    return published


def test_equal_figures_are_equal() -> None:
    assert compared(RIGHT) == []


def test_counts_of_one_cell_that_are_published_in_parts_are_added_up() -> None:
    parts = changed("/v1/flows", registered=1)
    parts["/v1/flows"]["items"].append({**FOUND, "day": "2026-11-01", "registered": 1})
    assert compared(parts) == []


def test_a_split_without_anything_to_rate_differs_from_nothing() -> None:
    empty = {**CELL, "county": "140521"} | dict.fromkeys(
        ("rectification_rate", "closure_rate", "on_time_rate", "on_time_submission_rate"), NO_RATE
    )
    assert compared(added("/v1/rates", empty)) == []


@pytest.mark.parametrize(
    ("published", "lines"),
    [
        (
            changed("/v1/flows", registered=3),
            [f"flows 2026-11-01 {tuple(FOUND.values())} registered: recomputed 2, published 3"],
        ),
        (
            changed("/v1/flows", returned=1),
            [f"flows 2026-11-01 {tuple(FOUND.values())} returned: recomputed 0, published 1"],
        ),
        (
            changed("/v1/rates", closure_rate=NO_RATE),
            [f"closure_rate ('140502', 'general'): recomputed {HALF}, published {NO_RATE}"],
        ),
        (
            changed("/v1/clearance", closings={"closed": 2, "median": {"seconds": 1.0}}),
            ["clearance: recomputed 1 closings, published 2"],
        ),
        (
            changed("/v1/clearance", closings={"closed": 1, "median": {"seconds": 1.0}}),
            ["clearance: recomputed median 320400.0, published {'seconds': 1.0}"],
        ),
        (changed("/v1/balance", balanced=False), [f"balance {tuple(CELL.values())}: does not balance"]),
    ],
)
def test_a_figure_that_differs_is_named(published: dict[str, dict[str, Any]], lines: list[str]) -> None:
    assert compared(published) == lines


def test_a_split_that_only_one_side_knows_is_named() -> None:
    moved = compared(changed("/v1/rates", county="140521"))
    assert [line.partition(":")[0] for line in moved] == [
        "rectification_rate ('140502', 'general')",
        "closure_rate ('140502', 'general')",
        "on_time_rate ('140502', 'general')",
        "on_time_submission_rate ('140502', 'general')",
        "rectification_rate ('140521', 'general')",
        "closure_rate ('140521', 'general')",
    ]
    assert len(compared(added("/v1/stock", {**CELL, "county": "140521"}))) == len(STOCK)


@pytest.mark.parametrize("day", [{"open": 3, "overdue": 0}, {"open": 2, "overdue": 1}])
def test_a_stock_that_differs_is_named_by_its_day(day: dict[str, int]) -> None:
    [line] = compared(RIGHT, {**STOCK, "2026-11-03": day})
    assert line == f"stock 2026-11-03 {tuple(CELL.values())}: recomputed (2, 0), published {tuple(day.values())}"


def test_times_differ_from_a_hundredth_of_a_second_on() -> None:
    at_once = books_of(history_of([open_since(1).submitted(hour(1)).closed(hour(1))]))

    def differs(seconds: float) -> bool:
        median = {"closed": 1, "median": {"seconds": seconds}}
        found = compared_alone(at_once, median)
        return any(line.startswith("clearance") for line in found)

    assert [differs(seconds) for seconds in (0.0, 0.01, 0.011)] == [False, False, True]


def compared_alone(books: Books, closings: Mapping[str, Any]) -> list[str]:
    """Compare with a city that publishes nothing but a clearance time."""

    def ask(path: str, _: Mapping[str, str]) -> dict[str, Any]:
        return {"items": [{"closings": closings}] if path == "/v1/clearance" else []}

    return differences(books, ask)


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
    assert [(to - start).days + 1 for start, to in asked] == [300, 300, 300, 1]
    assert (asked[0][0], asked[-1][1]) == books.days
    assert all((later[0] - earlier[1]).days == 1 for earlier, later in pairwise(asked))
