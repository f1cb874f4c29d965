from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import duban_contracts
from duban_contracts.events.marks import term
from duban_contracts.events.types import Channel, Grade, HazardState, ListingLevel
from duban_contracts.vocabulary import (
    CHANNELS,
    GRADES,
    LISTING_LEVELS,
    SECTORS,
    STATES,
    UNITS,
    VOCABULARIES,
    Term,
    Vocabulary,
    normalise,
)

ALL = tuple(VOCABULARIES.values())
every_name = st.sampled_from(
    [(words, each.code, name) for words in ALL for each in words for name in (each.code, each.name, *each.aliases)]
)
areas = st.sampled_from(["", "市", "晋城市", "山西省晋城市", "泽州县", "晋城市城区", "莫力达瓦旗"])


@given(every_name)
def test_every_code_name_and_alias_leads_to_its_term(entry: tuple[Vocabulary, str, str]) -> None:
    vocabulary, code, name = entry
    assert vocabulary.match(name) == code


@given(every_name, st.sampled_from(["  ", "　", "\n", ""]), st.booleans())
def test_width_space_and_quotation_marks_do_not_matter(
    entry: tuple[Vocabulary, str, str],
    space: str,
    wide: bool,  # noqa: FBT001
) -> None:
    vocabulary, code, name = entry
    written = name.replace("(", "（").replace(")", "）") if wide else unicodedata.normalize("NFKC", name)
    middle = len(written) // 2
    assert vocabulary.match(f"“{space}{written[:middle]}{space}{written[middle:]}”") == code


@given(st.text())
def test_text_that_is_no_alias_stays_unknown(text: str) -> None:
    for vocabulary in ALL:
        known = {normalise(name) for each in vocabulary for name in (each.code, each.name, *each.aliases)}
        code = vocabulary.match(text)
        if normalise(text) in known:
            assert code in vocabulary
        elif vocabulary is not UNITS:
            assert code is None


@given(areas, st.sampled_from(["应急管理局", "水利局", "住建局", "城管局", "消防救援大队"]))
def test_a_unit_is_known_behind_the_name_of_its_area(area: str, unit: str) -> None:
    assert UNITS.match(area + unit) == UNITS.match(unit) is not None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("危化品", "hazchem"),
        ("九小场所", "nine_small_places"),
        ("消防安全", "fire_safety"),
        ("晋城市应急管理局", None),
        ("矿", None),
        ("", None),
    ],
)
def test_sectors_are_matched_whole(text: str, code: str | None) -> None:
    assert SECTORS.match(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("城市管理局", "urban_management"),
        ("晋城市城市管理局", "urban_management"),
        ("山西省安委办", "province_committee_office"),
        ("晋城市安委办", "safety_committee_office"),
        ("陵川县政府", "county_government"),
        ("晋城市某某局", None),
        ("市", None),
    ],
)
def test_the_level_in_front_of_a_unit_is_read_before_it_is_dropped(text: str, code: str | None) -> None:
    assert UNITS.match(text) == code


def test_events_and_vocabularies_name_the_same_channels_grades_and_states() -> None:
    assert {each.code for each in CHANNELS} == {channel.value for channel in Channel}
    assert {each.code for each in GRADES} == {grade.value for grade in Grade}
    assert {each.code for each in STATES} == {state.value for state in HazardState}
    assert {each.code for each in LISTING_LEVELS} == {level.value for level in ListingLevel}


def test_a_file_makes_a_vocabulary_and_they_are_told_in_the_order_of_their_names() -> None:
    written = Path(duban_contracts.__file__).parent.joinpath("vocabularies").glob("*.json")
    assert list(VOCABULARIES) == sorted(path.stem for path in written)


def test_a_field_is_bound_to_a_vocabulary_that_there_is() -> None:
    assert term("sectors").extra == {"vocabulary": "sectors"}
    with pytest.raises(ValueError, match="no vocabulary sector"):
        term("sector")


def test_a_code_gives_its_chinese_name() -> None:
    assert SECTORS.name("coal_mine") == "煤矿"
    assert "coal_mine" in SECTORS
    assert SECTORS.get("alchemy") is None
    found = SECTORS.get("coal_mine")
    assert found is not None
    assert found.name == "煤矿"
    with pytest.raises(KeyError):
        SECTORS.name("alchemy")


def test_a_vocabulary_names_itself_and_says_how_many_terms_it_has() -> None:
    small = Vocabulary("试验", [Term("a", "甲"), Term("b", "乙", ("丙",))])
    assert (small.title, len(small), repr(small)) == ("试验", 2, "Vocabulary(试验, 2 terms)")
    assert [each.code for each in small] == ["a", "b"]
    assert SECTORS.title == "行业领域"


def test_an_area_in_front_is_read_only_where_the_vocabulary_says_so() -> None:
    terms = [Term("bureau", "应急局")]
    assert Vocabulary("单位", terms, area_in_front=True).match("晋城市应急局") == "bureau"
    assert Vocabulary("单位", terms).match("晋城市应急局") is None


@pytest.mark.parametrize("sign", "省市县区旗州盟")
def test_every_level_of_division_may_stand_in_front(sign: str) -> None:
    terms = [Term("bureau", "应急局")]
    assert Vocabulary("单位", terms, area_in_front=True).match(f"某{sign}应急局") == "bureau"


def test_an_area_in_front_has_at_most_twenty_characters() -> None:
    units = Vocabulary("单位", [Term("bureau", "应急局")], area_in_front=True)
    assert units.match("某" * 19 + "市应急局") == "bureau"
    assert units.match("某" * 20 + "市应急局") is None


def test_a_level_without_a_name_in_front_is_dropped_too() -> None:
    assert Vocabulary("单位", [Term("bureau", "应急局")], area_in_front=True).match("市应急局") == "bureau"


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ([Term("a", "甲"), Term("a", "乙")], r"^试验: code a appears twice$"),
        ([Term("a", "甲"), Term("b", "乙", ("甲",))], r"^试验: 甲 names both a and b$"),
    ],
)
def test_what_is_ambiguous_is_named(terms: list[Term], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Vocabulary("试验", terms)


@pytest.mark.parametrize(("text", "plain"), [("“ＡＢ 甲·乙”", "ab甲乙"), ("《甲》\n(乙)", "甲(乙)"), ("", "")])
def test_names_are_compared_without_width_case_space_and_quotation_marks(text: str, plain: str) -> None:
    assert normalise(text) == plain


@pytest.mark.parametrize(
    "terms",
    [
        [Term("a", "甲"), Term("a", "乙")],
        [Term("a", "甲"), Term("b", "乙", ("甲",))],
        [Term("a", "甲(丙)"), Term("b", "甲（丙）")],
    ],
)
def test_an_ambiguous_vocabulary_is_refused(terms: list[Term]) -> None:
    with pytest.raises(ValueError, match=r"twice|both"):
        Vocabulary("test", terms)
