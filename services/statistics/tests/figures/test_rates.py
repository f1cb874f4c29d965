"""A rate and its two terms."""

from __future__ import annotations

import pytest

from services.statistics.figures.model.rates import Cohort, Rate

pytestmark = pytest.mark.feature("SY53")


@pytest.mark.parametrize(
    ("numerator", "denominator", "percent"),
    [(444, 448, "99.1"), (29, 30, "96.7"), (1, 2, "50.0"), (1, 800, "0.1"), (5, 10_000, "0.1"), (0, 7, "0.0")],
)
def test_a_rate_rounds_half_up_to_one_decimal(numerator: int, denominator: int, percent: str) -> None:
    assert Rate(numerator, denominator).percent == percent


def test_there_is_no_rate_on_a_zero_denominator() -> None:
    assert Rate(0, 0).percent is None


def test_each_rate_stands_on_its_own_terms() -> None:
    cohort = Cohort(found=10, rectified=8, closed=7, due=5, closed_in_time=3, submitted_in_time=4)
    assert cohort.rectification == Rate(8, 10)
    assert cohort.closure == Rate(7, 10)
    assert cohort.on_time == Rate(3, 5)
    assert cohort.on_time_submission == Rate(4, 5)
    assert Cohort().on_time == Rate(0, 0)
