from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.letters.model.numbering import Number, Series, assign, demand

series = st.builds(Series, st.sampled_from(["urging", "prompt"]), st.sampled_from([2026, 2027]))


@given(st.lists(st.lists(series, max_size=20), max_size=8))
def test_any_batches_number_each_series_from_one_without_gaps_in_order(batches: list[list[Series]]) -> None:
    last: Counter[Series] = Counter()
    given_out: dict[Series, list[int]] = {}
    for batch in batches:
        last.update(dict(demand(batch)))
        for number in assign(batch, last):
            given_out.setdefault(number.series, []).append(number.sequence)
    for numbers in given_out.values():
        assert numbers == list(range(1, len(numbers) + 1))


@given(st.lists(series, max_size=30))
def test_two_takers_ask_for_series_in_the_same_order(batch: list[Series]) -> None:
    assert demand(batch) == demand(list(reversed(batch)))


def test_a_number_is_printed_with_the_full_year_and_no_leading_zero() -> None:
    number = Number(Series("urging", 2026), 12)
    assert number.written("晋市安委办督") == "晋市安委办督〔2026〕12号"
