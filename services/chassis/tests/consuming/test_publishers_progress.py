"""What is known of many counties: never too much of any, and as much as can be of the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.consuming.progress import NOTHING_KNOWN, Reading, reckon

pytestmark = pytest.mark.promise("P3")
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
PATIENCE = timedelta(seconds=3)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_counties_that_keep_step_share_the_instant_of_the_slowest() -> None:
    assert reckon({"a": at(10), "b": at(8)}, previous=at(5), patience=PATIENCE) == Reading(at(8), {})


def test_one_county_that_stands_still_holds_back_nobody_else() -> None:
    applied = {"a": at(100), "b": at(99), "still": at(10)}
    assert reckon(applied, previous=at(98), patience=PATIENCE) == Reading(at(99), {"still": at(10)})


def test_a_county_of_which_nothing_is_known_is_behind_everything() -> None:
    assert reckon({"a": at(9), "new": None}, previous=None, patience=PATIENCE) == Reading(at(9), {"new": NOTHING_KNOWN})
    assert reckon({"a": None}, previous=at(1), patience=PATIENCE) is None


def test_a_county_that_catches_up_is_behind_until_it_has_passed_the_last_heartbeat() -> None:
    applied = {"a": at(100), "b": at(98)}
    assert reckon(applied, previous=at(99), patience=PATIENCE) == Reading(at(100), {"b": at(98)})
    assert reckon(applied, previous=at(98), patience=PATIENCE) == Reading(at(98), {})


def test_a_whole_city_that_catches_up_says_so_as_it_goes() -> None:
    assert reckon({"a": at(-600), "b": at(-601)}, previous=at(-900), patience=PATIENCE) == Reading(at(-601), {})


instants = st.integers(0, 60).map(at)


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.none() | instants, min_size=4), min_size=1, max_size=12))
def test_no_heartbeat_ever_says_more_of_a_county_than_is_applied_nor_goes_back(steps: list[dict[str, object]]) -> None:
    reached: dict[str, datetime | None] = dict.fromkeys("abcd")
    said: dict[str, datetime] = {}
    previous = None
    for step in steps:
        for county, instant in step.items():
            if isinstance(instant, datetime):
                reached[county] = max(instant, reached[county] or NOTHING_KNOWN)
        reading = reckon(reached, previous=previous, patience=PATIENCE)
        if reading is None:
            assert not any(reached.values())
            continue
        assert reading.applied_through >= (previous or NOTHING_KNOWN)
        for county, instant in reached.items():
            told = reading.behind.get(county, reading.applied_through)
            assert told <= (instant or NOTHING_KNOWN)
            assert told >= said.get(county, NOTHING_KNOWN)
            said[county] = told
        previous = reading.applied_through
