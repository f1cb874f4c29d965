"""Waits of which some still last, and the ages of what is open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.statistics.ageing.model import AGES, ALL, Age, Spells, age_of, durations, ended_by, with_zeros
from services.statistics.figures.model.durations import censored_quantile

pytestmark = pytest.mark.feature("SY53")

SPELLS = st.builds(
    Spells,
    wait=st.sampled_from(["response", "review"]),
    grade=st.sampled_from(["general", "major"]),
    sector=st.sampled_from(["hazchem", "coal_mine"]),
    seconds=st.integers(0, 9).map(float),
    ended=st.booleans(),
    number=st.integers(1, 4),
)


@given(st.lists(SPELLS), st.sampled_from([0.1, 0.5, 0.9]))
def test_counted_waits_come_to_what_the_figures_reckon_hazard_by_hazard(spells: list[Spells], share: float) -> None:
    one_by_one = [(one.seconds, one.ended) for one in spells for _ in range(one.number)]
    assert ended_by(spells, share) == censored_quantile(one_by_one, share)


@given(st.lists(SPELLS))
def test_every_split_is_reckoned_of_exactly_its_own_waits(spells: list[Spells]) -> None:
    for one in durations(spells):
        own = [
            each
            for each in spells
            if each.wait == one.wait and one.grade in {ALL, each.grade} and one.sector in {ALL, each.sector}
        ]
        assert one.seconds == ended_by(own, float(one.share))


def test_a_wait_that_lasts_makes_the_answer_later_and_too_many_leave_none() -> None:
    done = Spells("review", "general", "hazchem", 10, ended=True, number=2)
    late = Spells("review", "general", "hazchem", 30, ended=True, number=1)
    lasting = Spells("review", "general", "hazchem", 5, ended=False, number=1)
    assert ended_by([done, late], 0.9) == 30
    assert ended_by([done, late, lasting], 0.5) == 10
    assert ended_by([done, Spells("review", "general", "hazchem", 20, ended=False, number=9)], 0.5) is None
    assert list(durations([])) == []


@given(st.integers(0, 400))
def test_an_age_holds_the_days_that_its_name_says(days: int) -> None:
    first, _, last = age_of(days).value.partition("-")
    assert int(first.removesuffix("+")) <= days <= int(last or 10_000)


def test_every_age_can_be_reached_and_an_empty_one_is_zero() -> None:
    assert {age_of(last) for last, _ in AGES} | {age_of(91)} == set(Age)
    counts = with_zeros({("140502", "major", Age.OLDER): 2}, [("140502", "major")])
    assert (len(counts), counts["140502", "major", Age.OLDER], sum(counts.values())) == (len(Age), 2, 2)
