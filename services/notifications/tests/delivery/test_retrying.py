from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.delivery.model.retry import LONGEST_ASKED_SECONDS, RetrySchedule

waits = st.lists(st.floats(0.1, 1e5), max_size=12).map(sorted).map(tuple)
draws = st.floats(0, 1, exclude_max=True)


@given(waits, st.floats(0, 0.9), draws, st.integers(1, 15))
def test_each_wait_lies_within_its_jitter_and_the_schedule_ends(
    waits: tuple[float, ...], jitter: float, draw: float, tries: int
) -> None:
    wait = RetrySchedule(waits, jitter).wait_after(tries, draw)
    if tries > len(waits):
        assert wait is None
    else:
        assert wait == pytest.approx(waits[tries - 1], rel=jitter + 1e-9)
        assert wait is not None
        assert wait > 0


def test_the_edges_of_the_draw_reach_both_ends_of_the_jitter() -> None:
    schedule = RetrySchedule((100.0,), 0.2)
    assert schedule.wait_after(1, 0.0) == pytest.approx(80)
    assert schedule.wait_after(1, 0.999999) == pytest.approx(120, abs=0.1)


@given(draws, st.floats(0, 1e9))
def test_what_a_receiver_asks_for_lengthens_a_wait_but_not_without_bound(draw: float, asked: float) -> None:
    schedule = RetrySchedule((10.0,), 0.2)
    plain, waited = schedule.wait_after(1, draw), schedule.wait_after(1, draw, asked)
    assert plain is not None
    assert waited is not None
    assert plain <= waited <= max(plain, LONGEST_ASKED_SECONDS)


def test_a_receiver_is_given_an_hour_and_no_more() -> None:
    schedule = RetrySchedule((10.0,), 0.0)
    assert schedule.wait_after(1, 0.5, 3600.0) == 3600
    assert schedule.wait_after(1, 0.5, 7200.0) == 3600
    assert schedule.wait_after(1, 0.5, 1.0) == 10


def test_a_schedule_without_waits_tries_once() -> None:
    assert RetrySchedule((), 0.0).wait_after(1, 0.5) is None


def test_waits_may_be_alike_and_each_is_used_once() -> None:
    schedule = RetrySchedule((5.0, 5.0), 0.0)
    assert [schedule.wait_after(tries, 0.9) for tries in (1, 2, 3)] == [5, 5, None]


@pytest.mark.parametrize(("waits", "jitter"), [((5.0, 1.0), 0.1), ((0.0,), 0.1), ((1.0,), 1.0), ((1.0,), -0.1)])
def test_a_senseless_schedule_is_refused(waits: tuple[float, ...], jitter: float) -> None:
    with pytest.raises(ValueError, match="must"):
        RetrySchedule(waits, jitter)
