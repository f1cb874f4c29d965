"""What is published of codes: every vocabulary, the city's divisions, and the refusals that a county's system can meet."""

from __future__ import annotations

from duban_contracts.codes import CODES, Group
from duban_contracts.profile import Level, Region
from duban_contracts.published import published, told
from duban_contracts.vocabulary import SECTORS, VOCABULARIES

COUNTY = Region(code="140502", name="城区", level=Level.COUNTY, aliases=("晋城城区",), parent="140500")


def test_divisions_come_first_refusals_last_and_between_them_every_vocabulary_with_its_terms() -> None:
    first, *vocabularies, last = published([COUNTY])
    assert (first.name, first.title, first.terms) == ("regions", "行政区划", (COUNTY,))
    assert [(each.name, each.title, each.terms) for each in vocabularies] == [
        (name, vocabulary.title, tuple(vocabulary)) for name, vocabulary in VOCABULARIES.items()
    ]
    met = {Group.EVENT, Group.GATEWAY, Group.HTTP, Group.ACCESS}
    assert (last.name, last.title) == ("refusals", "不予受理代码")
    assert last.terms == tuple(each for each in CODES.values() if each.county or each.group in met)


def test_of_each_kind_of_code_all_that_a_reader_needs_is_told() -> None:
    sector, refusal = next(iter(SECTORS)), CODES["receipt-not-found"]
    assert told(sector) == {"code": sector.code, "name": sector.name, "aliases": sector.aliases}
    assert told(COUNTY) == {
        "code": "140502",
        "name": "城区",
        "aliases": ("晋城城区",),
        "level": Level.COUNTY,
        "parent": "140500",
    }
    assert told(refusal) == {
        "code": "receipt-not-found",
        "name": refusal.zh,
        "status": 404,
        "rule": refusal.en,
        "to_do": refusal.do_zh,
        "to_do_en": refusal.do_en,
    }
