"""The draw itself: it follows from what was announced, whatever the order, and honours what was excluded."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from services.scheduler.draws.model.announcement import Announcement, canonical, county_of, draw_id_of, first_id_of
from services.scheduler.draws.model.drawing import Excluded, ExclusionReason, check, draw, why_not
from services.scheduler.tests.draws.builders import (
    CATERING,
    GAS,
    MALL,
    MINE,
    SECRETS,
    announced,
    announcement,
    inspector,
    target,
)
from services.scheduler.tests.draws.the_program import printed, program, run_here

FIRMS = [f"91140502XXXX{n:05}A" for n in range(12)]
COUNTIES = st.sampled_from(["140502", "140521"])
DAYS = st.sampled_from(["2024-05-01", "2024-06-03", "2024-06-14", "2024-07-01"])


@st.composite
def inputs(draws: st.DrawFn) -> Announcement:
    """Return an announcement that can be drawn, with ties, leaves and suspended targets."""
    firms = draws(st.lists(st.sampled_from(FIRMS), min_size=1, max_size=8, unique=True))
    targets = [target(each, draws(COUNTIES), suspended=draws(st.booleans())) for each in firms]
    people = [_person(draws, number) for number in range(draws(st.integers(1, 8)))]
    said = announced(
        targets=targets,
        inspectors=people,
        targets_drawn=1,
        inspectors_each=1,
        counties=draws(st.sampled_from(["any", "same", "other"])),
    )
    open_ones = [each for each in said.targets if not each.suspended]
    able = [sum(why_not(person, each, said) is None for person in said.inspectors) for each in open_ones]
    said = msgspec.structs.replace(
        said,
        targets=tuple(
            each if each.suspended or able[open_ones.index(each)] else msgspec.structs.replace(each, suspended=True)
            for each in said.targets
        ),
    )
    left = [number for number in able if number]
    return msgspec.structs.replace(
        said,
        targets_drawn=draws(st.integers(1, max(1, len(left)))),
        inspectors_each=draws(st.integers(1, min(left, default=1))),
    )


def _person(draws: st.DrawFn, number: int) -> dict[str, Any]:
    fields: dict[str, Any] = {"related": draws(st.lists(st.sampled_from(FIRMS), max_size=3))}
    if draws(st.booleans()):
        fields["employer"] = draws(st.sampled_from(FIRMS))
    if draws(st.booleans()):
        since, until = sorted((draws(DAYS), draws(DAYS)))
        fields["leave"] = {"since": since, "until": until}
    return inspector(f"I-{number:02}", draws(COUNTIES), **fields)


@given(inputs(), st.randoms(use_true_random=False))
def test_the_order_in_which_the_lists_were_sent_changes_nothing(said: Announcement, shuffle: random.Random) -> None:
    other = msgspec.structs.replace(
        said,
        targets=tuple(shuffle.sample(said.targets, len(said.targets))),
        inspectors=tuple(shuffle.sample(said.inspectors, len(said.inspectors))),
        commitments=said.commitments[::-1],
    )
    assert canonical(other) == canonical(said)
    assert draw(other, SECRETS[::-1]) == draw(said, SECRETS)


def test_the_text_of_an_input_is_the_one_that_was_published_for_good() -> None:
    # Whoever drew in an earlier release finds the same text again, letter by letter, and so the same seed.
    lines = canonical(announced()).split("\n")
    assert lines[0].split("\t") == [
        *("draw", "1", "晋市安办〔2024〕12号", "2", "2", "any"),
        *("2024-06-03", "2024-06-14", "2024-05-20", "餐饮燃气双随机抽查"),
    ]
    assert [line.split("\t")[0] for line in lines[1:]] == ["commitment"] * 2 + ["target"] * 4 + ["inspector"] * 6
    assert lines[5].split("\t") == ["target", "91140502XXXX00035P", "140502", "suspended", "示例企业35P（虚构）"]
    assert lines[9].split("\t")[2:] == ["140502", "2024-06-14", "2024-06-20", "-", "-", "emergency_management"]


@given(inputs())
def test_nobody_is_drawn_twice_and_nobody_who_is_excluded(said: Announcement) -> None:
    possible = {each.uscc: each for each in said.targets if not each.suspended}
    drawn = draw(said, SECRETS)
    places = [team.target for team in drawn.teams]
    assert len(places) == len(set(places)) == min(said.targets_drawn, len(possible))
    people = {each.code: each for each in said.inspectors}
    for team in drawn.teams:
        assert len(set(team.inspectors)) == len(team.inspectors) == said.inspectors_each
        assert [why_not(people[code], possible[team.target], said) for code in team.inspectors] == [None] * len(
            team.inspectors
        )


@given(inputs())
def test_everybody_who_could_not_go_is_named_with_the_reason(said: Announcement) -> None:
    drawn = draw(said, SECRETS)
    named = {(each.inspector, each.target): each.reason for each in drawn.excluded}
    assert len(named) == len(drawn.excluded)
    targets = {each.uscc: each for each in said.targets}
    for team in drawn.teams:
        for person in said.inspectors:
            reason = why_not(person, targets[team.target], said)
            assert reason == (named.get((person.code, team.target)) or named.get((person.code, None)))


@given(inputs(), st.sampled_from(["document_number", "title", "draws_on", "inspect_until", "name", "unit"]))
def test_whatever_is_changed_the_text_and_so_the_seed_is_another(said: Announcement, what: str) -> None:
    raw = msgspec.to_builtins(said)
    if what == "name":
        raw["targets"][0]["name"] += "二"
    elif what == "unit":
        raw["inspectors"][0]["unit"] = "fire_rescue"
    else:
        raw[what] = {"draws_on": "2024-05-21", "inspect_until": "2024-06-13"}.get(what, f"{raw[what]}二")
    other = msgspec.convert(raw, Announcement)
    assert canonical(other) != canonical(said)
    assert draw(other, SECRETS).seed != draw(said, SECRETS).seed


@pytest.mark.feature("SY19")
@pytest.mark.parametrize("counties", ["any", "same", "other"])
def test_the_program_of_the_page_draws_the_same(counties: str, tmp_path: Path) -> None:
    said = announced(
        counties=counties,
        inspectors_each=1,
        inspectors=[*announcement()["inspectors"], *(inspector(f"J-{n:02}", "140521") for n in range(6))],
    )
    assert list(check(said)) == []
    assert run_here(canonical(said).encode(), SECRETS, tmp_path) == printed(draw(said, SECRETS))


def test_both_pages_give_the_same_program_which_needs_hashlib_alone() -> None:
    assert program("draws.zh-CN.md") == program()
    assert [line for line in program().splitlines() if "import" in line] == ["from hashlib import sha256"]


def test_a_leave_that_touches_the_last_day_counts_and_ties_keep_away_from_one_target_only() -> None:
    said = announced(targets_drawn=3, inspectors_each=1)
    excluded = draw(said, SECRETS).excluded
    assert set(excluded) == {
        Excluded(inspector=None, target=MALL, reason=ExclusionReason.SUSPENDED),
        Excluded(inspector="I-03", target=None, reason=ExclusionReason.ON_LEAVE),
        Excluded(inspector="I-01", target=GAS, reason=ExclusionReason.EMPLOYED),
        Excluded(inspector="I-02", target=CATERING, reason=ExclusionReason.RELATED),
        Excluded(inspector="I-02", target=MINE, reason=ExclusionReason.RELATED),
    }


def test_nobody_goes_twice_while_somebody_else_could_go() -> None:
    people = [inspector(f"I-{n:02}") for n in range(6)]
    drawn = draw(announced(targets_drawn=3, inspectors=people), SECRETS)
    assert sorted(code for team in drawn.teams for code in team.inspectors) == [each["code"] for each in people]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"targets_drawn": 4}, ["draw-too-few-targets"]),
        ({"inspectors_each": 5}, ["draw-too-few-inspectors"] * 3),
        ({"counties": "other"}, ["draw-too-few-inspectors"]),
        ({"targets": [target(GAS), target(GAS)]}, ["draw-listed-twice"]),
        ({"inspect_until": "2024-06-02"}, ["duty-ends-before-it-begins"]),
    ],
)
def test_what_could_fail_half_way_is_refused_when_it_is_announced(changed: dict[str, Any], codes: list[str]) -> None:
    if "counties" in changed:
        changed["inspectors"] = [inspector("I-01"), inspector("I-02"), inspector("I-03", "140521")]
        changed["inspectors_each"] = 1
        changed["targets"] = [target(GAS), target(MINE, "140521"), target(CATERING, "140521", suspended=True)]
        changed["inspectors"][2]["employer"] = GAS
    assert [each.code for each in check(announced(**changed))] == codes


def test_a_draw_is_of_a_county_where_targets_and_inspectors_are_all_of_it() -> None:
    one = {"targets": [target(CATERING), target(GAS)], "inspectors": [inspector("I-01"), inspector("I-02")]}
    assert county_of(announced(**one)) == "140502"
    assert county_of(announced(**one | {"inspectors": [inspector("I-01", "140521")]})) is None
    assert county_of(announced(**one | {"targets": [target(CATERING), target(MINE, "140521")]})) is None


def test_a_draw_has_one_id_for_life_from_its_area_and_its_document() -> None:
    # The first 16 digits of the SHA-256 of the area, a line feed and the number; before areas were told apart, of the number.
    assert draw_id_of("140500", "晋市安办〔2024〕12号") == "61d4468ba994b77f"
    assert first_id_of("晋市安办〔2024〕12号") == "abf56cbd48971b99"
