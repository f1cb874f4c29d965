from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from duban_contracts import uscc
from duban_contracts.days import Zone
from duban_contracts.profile import City, ProfileError, load_city, read

JINCHENG = Path(__file__).parents[2] / "deploy" / "profiles" / "jincheng"
Change = Callable[[Any], object]


def changed(tmp_path: Path, file: str, change: Change) -> Path:
    document = json.loads((JINCHENG / file).read_text(encoding="utf-8"))
    change(document)
    (tmp_path / file).write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


def test_the_example_city_has_its_published_divisions() -> None:
    city = load_city(JINCHENG)
    assert {county.code: county.name for county in city.counties} == {
        "140502": "城区",
        "140521": "沁水县",
        "140522": "阳城县",
        "140524": "陵川县",
        "140525": "泽州县",
        "140581": "高平市",
    }
    assert (city.code, city.name, city.timezone) == ("140500", "晋城市", "Asia/Shanghai")


def test_only_a_profile_that_says_so_is_an_example(tmp_path: Path) -> None:
    assert not load_city(JINCHENG).production
    assert load_city(changed(tmp_path, "city.json", lambda city: city.pop("production"))).production


def test_a_division_is_found_by_code_name_and_alias() -> None:
    city = load_city(JINCHENG)
    for text in ("140525", "泽州县", "泽州", " 泽州 县 "):
        assert city.match_region(text) is city.region("140525")
    assert city.match_region("太原") is None
    assert city.region("140100") is None


def test_every_example_enterprise_says_that_it_is_invented() -> None:
    enterprises = load_city(JINCHENG).enterprises
    assert len(enterprises) == 30
    for enterprise in enterprises:
        assert enterprise.invented
        assert "虚构" in enterprise.name
        assert enterprise.uscc[2:8] == enterprise.county
        assert enterprise.uscc[16] == uscc.organisation_check_character(enterprise.uscc[8:16])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda city: city.update(timezone="Mars/Base"), "$.timezone"),
        (lambda city: city.update(timezone="../etc"), "$.timezone"),
        (lambda city: city.update(nmae="x"), "$"),
        (lambda city: city.update(code="14"), "$.code"),
        (lambda city: city["regions"].pop(0), "$.regions"),
        (lambda city: city["regions"].append(city["regions"][1]), "$.regions"),
        (lambda city: city["regions"][2].update(aliases=["城区"]), "$.regions"),
        (lambda city: city["regions"][1].update(level="planet"), "$.regions[1].level"),
        (lambda city: city["regions"][1].update(code="140502001"), "$.regions[1].code"),
        (
            lambda city: city["regions"].append({"code": "140502001", "name": "东街", "level": "township"}),
            "$.regions[7].parent",
        ),
        (lambda city: city["enterprises"][3].update(uscc="91140502XXXX000351"), "$.enterprises[3].uscc"),
        (lambda city: city["enterprises"][3].update(county="140100"), "$.enterprises[3].county"),
        (lambda city: city["enterprises"][3].update(sector="alchemy"), "$.enterprises[3].sector"),
    ],
)
def test_a_wrong_city_file_is_refused_by_file_and_field(tmp_path: Path, change: Change, field: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load_city(changed(tmp_path, "city.json", change))
    assert caught.value.field == field
    assert caught.value.file == tmp_path / "city.json"


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"city\.json: \$: the file is missing"):
        load_city(tmp_path)
    (tmp_path / "city.json").write_text("{", encoding="utf-8")
    with pytest.raises(ProfileError, match="must be JSON"):
        load_city(tmp_path)


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91140502XXXX00035P"])
def test_a_right_social_credit_code_passes(code: str) -> None:
    assert uscc.is_valid(code)


def test_every_single_wrong_character_of_a_social_credit_code_is_found() -> None:
    right = "91350100M000100Y43"
    for place, kept in enumerate(right):
        for other in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            if other != kept:
                assert not uscc.is_valid(right[:place] + other + right[place + 1 :])


@pytest.mark.parametrize("code", ["", "91350100M000100Y4", "91350100M000100Y4I", "91350100m000100y43"])
def test_what_is_no_social_credit_code_fails(code: str) -> None:
    assert not uscc.is_valid(code)


def with_township(tmp_path: Path) -> City:
    dongjie = {"code": "140502001", "name": "东街街道", "level": "township", "parent": "140502", "aliases": ["东街"]}
    return load_city(changed(tmp_path, "city.json", lambda city: city["regions"].append(dongjie)))


@pytest.mark.parametrize(
    ("county", "text", "code"),
    [
        ("140502", "东街街道", "140502001"),
        ("140502", " 东街 ", "140502001"),
        ("140502", "140502001", "140502001"),
        ("140502", "140502099", "140502099"),
        ("140581", "东街街道", None),
        ("140581", "140502001", None),
        ("140502", "140502", None),
        ("140502", "城区", None),
        ("140502", "某某街道", None),
        ("140502", None, None),
    ],
)
def test_a_township_is_read_within_its_county(tmp_path: Path, county: str, text: str | None, code: str | None) -> None:
    assert with_township(tmp_path).township(county, text) == code


def test_a_citys_days_are_those_of_its_zone() -> None:
    assert load_city(JINCHENG).zone == Zone("Asia/Shanghai")


class Fees(msgspec.Struct, forbid_unknown_fields=True):
    rates: tuple[int, ...]


def test_a_service_reads_a_file_of_its_own_with_the_same_errors(tmp_path: Path) -> None:
    file = tmp_path / "fees.json"
    file.write_text('{"rates": [1, 2]}', encoding="utf-8")
    assert read(file, Fees) == Fees(rates=(1, 2))
    for content, field in (('{"rates": [1, "x"]}', "$.rates[1]"), ('{"rate": []}', "$"), ('{"rates": "\\xff"}', "$")):
        file.write_bytes(content.encode())
        with pytest.raises(ProfileError) as caught:
            read(file, Fees)
        assert (caught.value.file, caught.value.field) == (file, field)
    file.write_bytes(b'{"\xff": []}')
    with pytest.raises(ProfileError, match="must be UTF-8"):
        read(file, Fees)


@pytest.mark.parametrize(
    ("content", "field", "rule"),
    [
        (
            '{"rates": [1]}'.encode("utf-8-sig"),
            "$",
            "must be UTF-8 without a byte order mark: it begins with a byte order",
        ),
        ('{"费率": []}'.encode("gb18030"), "$", "must be UTF-8 without a byte order mark: it looks like GBK"),
        ('{"rates": [1]}'.encode("utf-16"), "$", "must be UTF-8 without a byte order mark: it is UTF-16"),
        (b'{"rates": [1], "rates": [2]}', "$.rates", "must stand once in its object"),
    ],
    ids=["bom", "gbk", "utf-16", "twice"],
)
def test_a_file_that_readers_would_read_differently_is_refused(
    tmp_path: Path, content: bytes, field: str, rule: str
) -> None:
    file = tmp_path / "fees.json"
    file.write_bytes(content)
    with pytest.raises(ProfileError) as caught:
        read(file, Fees)
    assert caught.value.field == field
    assert caught.value.rule.startswith(rule)


def test_townships_of_two_counties_may_have_one_name_but_not_two_of_one_county(tmp_path: Path) -> None:
    def named(code: str) -> dict[str, str]:
        return {"code": code, "name": "城关镇", "level": "township", "parent": code[:6]}

    city = load_city(
        changed(tmp_path, "city.json", lambda c: c["regions"].extend(map(named, ["140521001", "140522001"])))
    )
    assert city.township("140522", "城关镇") == "140522001"
    assert city.match_region("城关镇") is None
    twice = changed(tmp_path, "city.json", lambda c: c["regions"].extend(map(named, ["140521001", "140521002"])))
    with pytest.raises(ProfileError, match="appears twice"):
        load_city(twice)
