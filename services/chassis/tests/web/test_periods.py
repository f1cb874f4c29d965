"""`from` and `to`: both inclusive, either may be left open where a list is narrowed, and the last is not before the first."""

from __future__ import annotations

from datetime import date

import pytest

from services.chassis.web.periods import in_order
from services.chassis.web.problems import Problem


@pytest.mark.parametrize(
    ("first", "last"),
    [(None, None), (date(2026, 3, 1), None), (None, date(2026, 3, 1)), (date(2026, 3, 1), date(2026, 3, 1))],
)
def test_a_day_alone_and_an_open_end_are_in_order(first: date | None, last: date | None) -> None:
    in_order(first, last)


def test_a_last_day_before_the_first_is_refused_at_the_last() -> None:
    with pytest.raises(Problem) as refused:
        in_order(date(2026, 3, 2), date(2026, 3, 1))
    assert (refused.value.refusal.code, refused.value.refusal.field) == ("period-reversed", "to")
