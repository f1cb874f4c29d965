"""Which codes a county is told, and under which names."""

from __future__ import annotations

import pytest

from duban_contracts.codes import CODES
from duban_contracts.profile import City, Level, Region
from duban_contracts.vocabulary import SECTORS, VOCABULARIES
from services.gateway.vocabularies.documents import TermDocument, VocabularyDocument
from services.gateway.vocabularies.http import Encoded
from services.gateway.vocabularies.model import published

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
LISTS = {each.name: VocabularyDocument.of(each) for each in published(CITY)}


def test_every_vocabulary_of_the_contract_is_published_with_the_divisions_and_the_refusals() -> None:
    assert list(LISTS) == ["regions", *VOCABULARIES, "refusals"]


def test_a_sector_is_told_by_code_name_and_other_ways_to_write_it() -> None:
    term = next(iter(SECTORS))
    assert LISTS["sectors"].title == SECTORS.title
    assert LISTS["sectors"].terms[0] == TermDocument(code=term.code, name=term.name, aliases=term.aliases)


def test_a_township_names_its_county() -> None:
    assert LISTS["regions"].terms[1:] == [
        TermDocument(code="140502", name="城区", aliases=("晋城城区",), level=Level.COUNTY),
        TermDocument(code="140502001", name="东街街道", level=Level.TOWNSHIP, parent="140502"),
    ]


def test_a_refusal_says_in_both_languages_what_is_wrong_and_what_to_do() -> None:
    told = {term.code: term for term in LISTS["refusals"].terms}
    meaning = CODES["receipt-not-found"]
    assert told["receipt-not-found"] == TermDocument(
        code="receipt-not-found",
        name=meaning.zh,
        status=404,
        rule=meaning.en,
        to_do=meaning.do_zh,
        to_do_en=meaning.do_en,
    )
    assert {code for code, each in CODES.items() if each.county} | {"bad-cursor", "unavailable"} <= told.keys()
    assert "letter-not-found" not in told


def test_what_the_caller_knows_already_is_not_sent_again() -> None:
    encoded = Encoded(LISTS["grades"])
    first = encoded.unless(None)
    tag = first.headers["ETag"]
    assert (first.status_code, encoded.unless('"other"').status_code) == (200, 200)
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = encoded.unless(known)
        assert (answer.status_code, answer.body, answer.headers["ETag"]) == (304, b"", tag)
    assert Encoded(LISTS["channels"]).unless(None).headers["ETag"] != tag
