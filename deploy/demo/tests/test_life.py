from __future__ import annotations

from datetime import date
from pathlib import Path

from deploy.demo.life import Fate, Quirk, Story, write
from duban_contracts.events.types import Grade
from duban_contracts.profile import load_city

CITY = load_city(Path(__file__).parents[2] / "profiles" / "jincheng")


def stories(seed: int, hazards: int = 400) -> list[Story]:
    return write(CITY, seed=seed, hazards=hazards, seconds=50, today=date(2026, 3, 2))


def test_the_same_seed_tells_the_same_stories_and_another_seed_others() -> None:
    assert stories(7) == stories(7)
    assert stories(7) != stories(8)


def test_a_city_lives_through_every_fate_and_every_quirk_in_every_county() -> None:
    told = stories(1)
    assert {story.fate for story in told} == set(Fate)
    assert {story.quirk for story in told} == set(Quirk)
    assert {story.county for story in told} == {county.code for county in CITY.counties}
    assert len({story.reference for story in told}) == len(told)
    assert [story.at for story in told] == sorted(story.at for story in told)


def test_in_a_city_what_is_rare_happens_too() -> None:
    told = [story for story in stories(1) if story.reaches_the_ledger]
    for rare in (
        [story.is_false for story in told if story.relapses],
        [story.is_sent_up for story in told],
        [story.is_given_time for story in told if story.asks_for_time],
        [story.is_mistyped for story in told],
        [story.is_split for story in told if story.again],
    ):
        assert set(rare) == {True, False}


def test_what_is_found_again_is_reported_under_a_reference_of_its_own_and_is_no_rejected_report() -> None:
    again = [story for story in stories(3) if story.quirk is Quirk.FOUND_AGAIN]
    assert again
    assert Fate.REJECTED not in {story.fate for story in again}
    assert not {story.again for story in again} & {story.reference for story in stories(3)}
    assert {story.again for story in stories(3) if story.quirk is not Quirk.FOUND_AGAIN} == {None}


def test_what_is_fixed_before_it_is_reported_is_a_general_hazard_fixed_in_time() -> None:
    early = [story for story in stories(3) if story.quirk is Quirk.FIXED_BEFORE_REPORTED]
    assert early
    assert {(story.fate, story.grade) for story in early} == {(Fate.IN_TIME, Grade.GENERAL)}
