"""A play has settled when all that was reported is in the ledger and nothing moves, however much of it was merged."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from deploy.demo.life import Quirk, Story, write
from deploy.demo.settling import STATES, STILL, Stand, has_settled, reports_of
from duban_contracts.profile import load_city

CITY = load_city(Path(__file__).parents[2] / "profiles" / "jincheng")


def stories(seed: int) -> list[Story]:
    return write(CITY, seed=seed, hazards=360, seconds=50, today=date(2026, 3, 2))


def stand(reports: int, merged: int, **states: int) -> Stand:
    """Return what the ledger counts of so many reports; one that is merged is in no count but that of its state."""
    return dict.fromkeys(STATES, 0) | {None: reports - merged, "duplicate": merged} | states


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_found_again_is_waited_for_and_what_is_refused_at_the_boundary_is_not(seed: int) -> None:
    told = stories(seed)
    again = sum(story.quirk is Quirk.FOUND_AGAIN for story in told)
    refused = sum(story.quirk in {Quirk.MALFORMED, Quirk.FOREIGN} for story in told)
    assert again > 0
    assert refused > 0
    assert reports_of(told) == len(told) - refused + again


@pytest.mark.parametrize("merged", [0, 19, 23, 25, 26])
def test_a_play_settles_however_many_second_reports_were_merged_and_however_many_came_too_late(merged: int) -> None:
    reports = 362
    assert has_settled([stand(reports, merged)] * (STILL + 1), reports)
    # One more than was told of is no reason to wait.
    assert has_settled([stand(reports + 1, merged)] * (STILL + 1), reports)


def test_nothing_has_settled_before_it_was_still_for_long_enough() -> None:
    assert not has_settled([], 0)
    assert not has_settled([stand(9, 1)] * STILL, 9)
    assert has_settled([stand(8, 1), *[stand(9, 1)] * (STILL + 1)], 9)


@pytest.mark.parametrize("state", [state for state in STATES if state])
def test_whoever_moves_a_hazard_begins_the_wait_anew(state: str) -> None:
    still = [stand(9, 1)] * STILL
    assert not has_settled([*still, stand(9, 1, **{state: 2})], 9)
    assert not has_settled([*still, stand(9, 1, **{state: 2}), *still], 9)


def test_what_still_lies_in_kafka_is_waited_for_however_still_the_ledger_is() -> None:
    assert not has_settled([stand(8, 1)] * (3 * STILL), 9)
