"""The arithmetic of figures."""

from __future__ import annotations

import pytest

from services.statistics.domain.figures import Rate, censored_quantile


@pytest.mark.parametrize(
    ("numerator", "denominator", "percent"),
    [(444, 448, "99.1"), (29, 30, "96.7"), (1, 2, "50.0"), (1, 800, "0.1"), (5, 10_000, "0.1"), (0, 7, "0.0")],
)
def test_a_rate_rounds_half_up_to_one_decimal(numerator: int, denominator: int, percent: str) -> None:
    assert Rate(numerator, denominator).percent == percent


def test_there_is_no_rate_on_a_zero_denominator() -> None:
    assert Rate(0, 0).percent is None


def test_open_hazards_hold_the_censored_median_back() -> None:
    assert censored_quantile([(1, True), (2, True), (3, True)], 0.5) == 2
    assert censored_quantile([(1, True), (9, False), (9, False)], 0.5) is None
    assert censored_quantile([], 0.5) is None


def test_without_open_hazards_the_censored_quantile_is_the_plain_one() -> None:
    assert censored_quantile([(float(n), True) for n in range(1, 11)], 0.9) == 9
