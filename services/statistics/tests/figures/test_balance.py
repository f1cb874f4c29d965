"""Opening + movements = closing, and nothing that doesn't balance can hide."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.statistics.books.model.record import ARRIVALS, DEPARTURES, Measure
from services.statistics.figures.model.balance import Balance, Key, balances
from services.statistics.figures.model.periods import Period

pytestmark = [pytest.mark.feature("SY54"), pytest.mark.promise("P5")]
FIRST, SECOND = date(2026, 11, 1), date(2026, 11, 2)
KEY: Key = ("140502",)


def test_arrivals_raise_the_stock_and_departures_lower_it() -> None:
    for measure in ARRIVALS:
        assert Balance(10, {measure: 3}).closing == 13
    for measure in DEPARTURES:
        assert Balance(10, {measure: 3}).closing == 7
    for measure in set(Measure) - {*ARRIVALS, *DEPARTURES}:
        assert Balance(10, {measure: 3}).closing == 10


def test_a_balance_holds_when_counting_agrees() -> None:
    assert Balance(1, {Measure.CONFIRMED: 2, Measure.CLOSED: 1}, 2).balanced
    assert not Balance(1, {Measure.CONFIRMED: 2}, 2).balanced
    assert Balance(0).balanced


@pytest.mark.parametrize(
    ("balance", "empty"),
    [
        (Balance(0), True),
        (Balance(0, {Measure.CLOSED: 0}), True),
        (Balance(0, {Measure.REGISTERED: 5}), True),
        (Balance(1), False),
        (Balance(0, {}, 1), False),
        (Balance(0, {Measure.CONFIRMED: 1, Measure.CLOSED: 1}), False),
    ],
)
def test_a_balance_is_empty_when_nothing_stood_moved_or_was_counted(balance: Balance, *, empty: bool) -> None:
    assert balance.is_empty is empty


def test_each_days_closing_stock_is_the_next_days_opening() -> None:
    moved = {(FIRST, KEY): {Measure.CONFIRMED: 2}, (SECOND, KEY): {Measure.CLOSED: 1}}
    found = balances({KEY: 5}, moved, {(FIRST, KEY): 7, (SECOND, KEY): 6}, [FIRST, SECOND])
    assert found == {
        (FIRST, KEY): Balance(5, {Measure.CONFIRMED: 2}, 7),
        (SECOND, KEY): Balance(7, {Measure.CLOSED: 1}, 6),
    }
    assert all(balance.balanced for balance in found.values())


def test_a_split_that_moves_for_the_first_time_opens_with_nothing() -> None:
    found = balances({}, {(SECOND, KEY): {Measure.CONFIRMED: 1}}, {(SECOND, KEY): 1}, [FIRST, SECOND])
    assert [(balance.opening, balance.counted) for balance in found.values()] == [(0, 0), (0, 1)]
    assert found[SECOND, KEY].balanced


def test_a_split_that_was_counted_but_never_moved_is_shown_not_to_balance() -> None:
    found = balances({}, {}, {(FIRST, KEY): 3}, [FIRST])
    assert found == {(FIRST, KEY): Balance(0, {}, 3)}
    assert not found[FIRST, KEY].balanced


def test_splits_stand_in_the_order_of_their_codes() -> None:
    found = balances({("b",): 1}, {(FIRST, ("c",)): {}}, {(FIRST, ("a",)): 1}, [FIRST])
    assert [key for _, key in found] == [("a",), ("b",), ("c",)]


counts = st.dictionaries(st.sampled_from([*ARRIVALS, *DEPARTURES]), st.integers(0, 9))


@given(st.integers(0, 50), st.lists(counts, min_size=1, max_size=10))
def test_a_period_closes_where_its_days_do(opening: int, daily: list[dict[Measure, int]]) -> None:
    days = Period(FIRST, FIRST + timedelta(days=len(daily) - 1)).days()
    by_day = balances({KEY: opening}, {(day, KEY): each for day, each in zip(days, daily, strict=True)}, {}, days)
    whole = {measure: sum(each.get(measure, 0) for each in daily) for measure in Measure}
    [at_once] = balances({KEY: opening}, {(days[-1], KEY): whole}, {}, [days[-1]]).values()
    assert by_day[days[-1], KEY].closing == at_once.closing


def test_a_period_holds_both_its_ends() -> None:
    assert Period(FIRST, FIRST).days() == [FIRST]
    assert Period(FIRST, SECOND).days() == [FIRST, SECOND]
    assert Period(SECOND, FIRST).days() == []
