"""How grave an accident is at least, by who was killed or injured (article 3 of the regulation on accidents)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.events.accidents import AccidentGrade
from services.ledger.accidents.model import is_at_least, least_grade


@pytest.mark.parametrize(
    ("deaths", "injuries", "least"),
    [
        (29, 99, AccidentGrade.MAJOR),
        (30, 0, AccidentGrade.EXTREME),
        (0, 100, AccidentGrade.EXTREME),
        (10, 0, AccidentGrade.MAJOR),
        (0, 50, AccidentGrade.MAJOR),
        (9, 49, AccidentGrade.LARGER),
        (3, 0, AccidentGrade.LARGER),
        (0, 10, AccidentGrade.LARGER),
        (2, 9, AccidentGrade.GENERAL),
    ],
)
def test_either_count_alone_makes_an_accident_as_grave_as_article_3_says(
    deaths: int, injuries: int, least: AccidentGrade
) -> None:
    assert least_grade(deaths, injuries) is least


@given(deaths=st.integers(0, 120), injuries=st.integers(0, 120), more=st.integers(0, 5))
def test_more_victims_never_make_an_accident_less_grave(deaths: int, injuries: int, more: int) -> None:
    least = least_grade(deaths, injuries)
    assert is_at_least(least_grade(deaths + more, injuries), least)
    assert is_at_least(least_grade(deaths, injuries + more), least)
