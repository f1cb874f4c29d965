"""Which township a county means: by code, name or alias, within the county, and never by guessing."""

from __future__ import annotations

import pytest

from services.ledger.claims.model.townships import Townships
from services.ledger.tests.people import CITY


@pytest.mark.feature("SY65")
@pytest.mark.parametrize("text", ["140502001", "东街街道", "东街", " 东 街 街道"])
def test_a_listed_township_is_known_by_whatever_the_profile_calls_it(text: str) -> None:
    assert Townships(CITY).code("140502", text) == "140502001"


def test_another_countys_township_and_an_unknown_one_are_none() -> None:
    townships = Townships(CITY)
    assert townships.code("140521", "东街街道") is None
    assert townships.code("140502", "西街") is None
    assert townships.code("140502", None) is None
    # The county's townships are listed, and this is none of them.
    assert townships.code("140502", "140502009") is None


def test_where_the_profile_lists_none_a_code_of_the_county_is_taken_as_it_stands() -> None:
    townships = Townships(CITY)
    assert townships.code("140521", "140521102") == "140521102"
    for wrong in ("140502102", "1405211021", "14052110", "嘉峰镇"):
        assert townships.code("140521", wrong) is None
