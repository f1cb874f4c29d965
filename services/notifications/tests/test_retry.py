from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.retry import LONGEST_WISH_SECONDS, RetrySchedule

waits = st.lists(st.floats(0.1, 1e5), max_size=12).map(sorted).map(tuple)
chances = st.floats(0, 1, exclude_max=True)


@given(waits, st.floats(0, 0.9), chances, st.integers(1, 15))
def test_each_wait_lies_within_its_jitter_and_the_schedule_ends(
    waits: tuple[float, ...], jitter: float, chance: float, tries: int
) -> None:
    wait = RetrySchedule(waits, jitter).wait_after(tries, chance)
    if tries > len(waits):
        assert wait is None
    else:
        assert wait == pytest.approx(waits[tries - 1], rel=jitter + 1e-9)
        assert wait is not None
        assert wait > 0


def test_the_edges_of_chance_reach_both_ends_of_the_jitter() -> None:
    schedule = RetrySchedule((100.0,), 0.2)
    assert schedule.wait_after(1, 0.0) == pytest.approx(80)
    assert schedule.wait_after(1, 0.999999) == pytest.approx(120, abs=0.1)


@given(chances, st.floats(0, 1e9))
def test_a_receivers_wish_lengthens_a_wait_but_not_without_bound(chance: float, wish: float) -> None:
    schedule = RetrySchedule((10.0,), 0.2)
    plain, wished = schedule.wait_after(1, chance), schedule.wait_after(1, chance, wish)
    assert plain is not None
    assert wished is not None
    assert plain <= wished <= max(plain, LONGEST_WISH_SECONDS)


@pytest.mark.parametrize(("waits", "jitter"), [((5.0, 1.0), 0.1), ((0.0,), 0.1), ((1.0,), 1.0), ((1.0,), -0.1)])
def test_a_senseless_schedule_is_refused(waits: tuple[float, ...], jitter: float) -> None:
    with pytest.raises(ValueError, match="must"):
        RetrySchedule(waits, jitter)
