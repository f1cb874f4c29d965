"""清零时长 while some hazards are still open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.statistics.figures.model.durations import Closings, Confirmations, censored_quantile

spells = st.lists(st.tuples(st.floats(0, 10**6), st.booleans()), max_size=30)


def test_open_hazards_hold_the_censored_median_back() -> None:
    assert censored_quantile([(1, True), (2, True), (3, True)], 0.5) == 2
    assert censored_quantile([(1, True), (9, False), (9, False)], 0.5) is None
    assert censored_quantile([], 0.5) is None


def test_without_open_hazards_the_censored_quantile_is_the_plain_one() -> None:
    assert censored_quantile([(float(n), True) for n in range(1, 11)], 0.9) == 9


def test_a_hazard_that_left_sight_early_counts_as_long_as_it_was_seen() -> None:
    # Of four, one leaves sight at 2; the two that are left then weigh more: 3/4 x 1/2 = 0.375 are open after 3.
    assert censored_quantile([(1, True), (2, False), (3, True), (4, True)], 0.5) == 3
    assert censored_quantile([(1, True), (2, False), (3, True), (4, False)], 0.9) is None


def test_a_closing_and_a_censoring_at_the_same_time_count_in_that_order() -> None:
    assert censored_quantile([(1, False), (1, True), (2, True)], 0.5) == 2
    assert censored_quantile([(1, True), (1, False), (2, True)], 0.5) == 2


def test_a_share_that_is_reached_exactly_is_reached() -> None:
    # 1 - 0.9 is a little less than a tenth in binary.
    assert censored_quantile([(float(n), True) for n in range(1, 11)], 0.9) == 9
    assert censored_quantile([(1, True), (2, True), (3, True), (4, True), (5, True)], 0.8) == 4


@given(spells, st.sampled_from([0.25, 0.5, 0.9]))
def test_the_answer_does_not_depend_on_the_order_of_the_spells(given: list[tuple[float, bool]], share: float) -> None:
    assert censored_quantile(given, share) == censored_quantile(reversed(given), share)


def test_confirmations_count_the_open_ones_too() -> None:
    found = Confirmations.of([(10, True), (20, True), (30, False)])
    assert (found.found, found.closed, found.open) == (3, 2, 1)
    assert (found.median, found.p90) == (20, None)
    assert Confirmations.of([(float(n), True) for n in range(1, 11)]) == Confirmations(10, 10, 5, 9)
    assert Confirmations() == Confirmations.of([])


def test_without_closings_there_is_no_time() -> None:
    assert Closings() == Closings(0, None, None)
