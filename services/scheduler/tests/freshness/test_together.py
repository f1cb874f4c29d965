"""What the heartbeats of all partitions say together: never more than the slowest, of the city and of each county."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.testing.calendar import local
from services.scheduler.freshness.model import Heartbeat, Watermark, together

pytestmark = pytest.mark.promise("P3")


def beat(partition: int, second: int, behind: Mapping[str, int] | None = None) -> Heartbeat:
    return Heartbeat(partition, at(second), {county: at(late) for county, late in (behind or {}).items()})


def at(second: int) -> datetime:
    return local(4) + timedelta(seconds=second)


def test_nothing_is_known_until_every_partition_has_spoken() -> None:
    assert together([beat(0, 1)], 2) is None
    assert together([beat(0, 1), beat(1, 2)], 2) == Watermark(at(1))


def test_a_county_that_is_behind_somewhere_is_behind() -> None:
    known = together([beat(0, 9, {"a": 3}), beat(1, 8)], 2)
    assert known == Watermark(at(8), {"a": at(3)})
    assert known is not None
    assert (known.of("a"), known.of("b")) == (at(3), at(8))


def test_a_county_that_is_behind_a_newer_heartbeat_only_is_not_behind_the_slowest() -> None:
    assert together([beat(0, 9, {"a": 8}), beat(1, 5)], 2) == Watermark(at(5))


seconds = st.integers(0, 50)
beats = st.builds(beat, st.just(0), seconds, st.dictionaries(st.sampled_from("abc"), seconds, max_size=3))


@given(st.lists(beats, min_size=1, max_size=6))
def test_together_they_never_say_more_of_a_county_than_each_of_them_says(heartbeats: list[Heartbeat]) -> None:
    known = together(heartbeats, len(heartbeats))
    assert known is not None
    for county in "abcd":
        each = [heartbeat.behind.get(county, heartbeat.applied_through) for heartbeat in heartbeats]
        assert known.of(county) <= min(heartbeat.applied_through for heartbeat in heartbeats)
        assert known.of(county) <= min(each)
