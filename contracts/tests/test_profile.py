from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from duban_contracts import uscc
from duban_contracts.days import Zone
from duban_contracts.profile import City, ProfileError, load_accounts, load_city

JINCHENG = Path(__file__).parents[2] / "deploy" / "profiles" / "jincheng"
Change = Callable[[Any], object]


def changed(tmp_path: Path, file: str, change: Change) -> Path:
    for name in ("city.json", "accounts.json"):
        document = json.loads((JINCHENG / name).read_text(encoding="utf-8"))
        if name == file:
            change(document)
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
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


def test_each_county_has_its_machine_and_two_regulators() -> None:
    accounts = load_accounts(JINCHENG)
    for county in load_city(JINCHENG).counties:
        here = sorted(account.account for account in accounts if account.area == county.code)
        assert here == [f"county-{county.code}", f"regulator-{county.code}-1", f"regulator-{county.code}-2"]
    assert {account.account for account in accounts if account.area == "140500"} == {
        "city-regulator-1",
        "city-regulator-2",
        "city-office-1",
        "operator-1",
    }


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


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda accounts: accounts.append(accounts[0]), "$[*].account"),
        (lambda accounts: accounts[0].update(role="king"), "$[0].role"),
        (lambda accounts: accounts[0].update(area="140100"), "$[0].area"),
        (lambda accounts: accounts[0].update(area="140500"), "$[0].area"),
        (lambda accounts: accounts[1].update(unit="nobody"), "$[1].unit"),
        (lambda accounts: accounts[1].update(sectors=["alchemy"]), "$[1].sectors"),
        (lambda accounts: accounts[1].update(account="Li Lei"), "$[1].account"),
        (lambda accounts: accounts[1].pop("role"), "$[1]"),
    ],
)
def test_a_wrong_account_is_refused_by_file_and_field(tmp_path: Path, change: Change, field: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load_accounts(changed(tmp_path, "accounts.json", change))
    assert caught.value.field == field


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
