"""Which codes a county is told, and under which names."""

from __future__ import annotations

import pytest

from duban_contracts.codes import CODES, Group
from duban_contracts.profile import City, Level, Region
from duban_contracts.published import published
from duban_contracts.vocabulary import VOCABULARIES
from services.chassis.web.conditional import Tagged, parse_if_none_match
from services.gateway.vocabularies.documents import TermDocument, VocabularyDocument

pytestmark = pytest.mark.feature("SY64")
CITY = City(
    code="140500",
    name="晋城市",
    timezone="Asia/Shanghai",
    regions=(
        Region(code="140500", name="晋城市", level=Level.CITY),
        Region(code="140502", name="城区", level=Level.COUNTY, aliases=("晋城城区",)),
        Region(code="140502001", name="东街街道", level=Level.TOWNSHIP, parent="140502"),
    ),
)


def lists() -> dict[str, VocabularyDocument]:
    return {each.name: VocabularyDocument.of(each) for each in published(CITY.regions)}


def test_every_vocabulary_of_the_contract_is_published_with_the_divisions_and_the_refusals() -> None:
    titles = {name: vocabulary.title for name, vocabulary in VOCABULARIES.items()}
    found = {name: each.title for name, each in lists().items()}
    assert list(found.items()) == [("regions", "行政区划"), *titles.items(), ("refusals", "不予受理代码")]


@pytest.mark.parametrize("name", VOCABULARIES)
def test_terms_are_told_by_code_name_and_other_ways_to_write_them(name: str) -> None:
    told = [TermDocument(code=term.code, name=term.name, aliases=term.aliases) for term in VOCABULARIES[name]]
    assert lists()[name].terms == told


def test_divisions_are_told_in_the_citys_order_and_a_township_names_its_county() -> None:
    assert lists()["regions"].terms == [
        TermDocument(code="140500", name="晋城市", level=Level.CITY),
        TermDocument(code="140502", name="城区", aliases=("晋城城区",), level=Level.COUNTY),
        TermDocument(code="140502001", name="东街街道", level=Level.TOWNSHIP, parent="140502"),
    ]


def test_a_refusal_says_in_both_languages_what_is_wrong_and_what_to_do() -> None:
    told = {term.code: term for term in lists()["refusals"].terms}
    meaning = CODES["receipt-not-found"]
    assert told["receipt-not-found"] == TermDocument(
        code="receipt-not-found",
        name=meaning.zh,
        status=404,
        rule=meaning.en,
        to_do=meaning.do_zh,
        to_do_en=meaning.do_en,
    )


def test_the_refusals_are_those_that_a_countys_system_can_meet() -> None:
    told = [term.code for term in lists()["refusals"].terms]
    groups = {Group.EVENT, Group.GATEWAY, Group.HTTP, Group.ACCESS}
    assert told == [code for code, each in CODES.items() if each.county or each.group in groups]
    assert {"reference-already-confirmed", "bad-cursor", "unavailable"} <= set(told)
    assert "letter-not-found" not in told


def test_what_the_caller_knows_already_is_not_sent_again() -> None:
    tagged = Tagged(lists()["grades"])
    for unknown in (None, '"other"', "nonsense"):
        assert tagged.unless(parse_if_none_match(unknown)).status_code == 200
    for known in (tagged.tag, f"W/{tagged.tag}", f'"other", {tagged.tag}', "*"):
        answer = tagged.unless(parse_if_none_match(known))
        assert (answer.status_code, answer.body, answer.headers["ETag"]) == (304, b"", tagged.tag)
    assert Tagged(lists()["channels"]).tag != tagged.tag
