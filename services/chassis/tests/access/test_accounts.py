"""The accounts of a profile: a wrong one is refused by file, field and rule, before it gets a key."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from duban_contracts.profile import ProfileError, load_city
from services.chassis.access.accounts import FILE, load_accounts
from services.chassis.access.principal import Principal
from services.chassis.tests.access.city import CITY

JINCHENG = Path(__file__).parents[4] / "deploy" / "profiles" / "jincheng"
USCC = "91140502XXXX000192"

Change = Callable[[list[dict[str, Any]]], object]


def accounts() -> list[dict[str, Any]]:
    return [
        {"account": "machine", "role": "integrator", "area": "140502", "unit": "county_safety_committee"},
        {"account": "regulator", "role": "county_regulator", "area": "140571", "sectors": ["coal_mine"]},
        {"account": "officer", "role": "township_officer", "area": "140502001"},
        {"account": "enterprise", "role": "enterprise_principal", "area": "140502", "enterprise": USCC},
        {"account": "city", "role": "city_office", "area": "140500"},
    ]


def load(directory: Path, given: list[dict[str, Any]]) -> list[Principal]:
    (directory / FILE).write_text(json.dumps(given), encoding="utf-8")
    return [account.principal for account in load_accounts(directory, CITY)]


@pytest.mark.feature("SY65")
def test_counties_parks_townships_and_enterprises_can_have_accounts(tmp_path: Path) -> None:
    assert load(tmp_path, accounts()) == [
        Principal("machine", "integrator", "140502", unit="county_safety_committee"),
        Principal("regulator", "county_regulator", "140571", sectors=("coal_mine",)),
        Principal("officer", "township_officer", "140502001"),
        Principal("enterprise", "enterprise_principal", "140502", enterprise=USCC),
        Principal("city", "city_office", "140500"),
    ]


def test_each_county_of_the_example_city_has_its_machine_and_two_regulators() -> None:
    city = load_city(JINCHENG)
    principals = [account.principal for account in load_accounts(JINCHENG, city)]
    for county in city.counties:
        here = {who.account for who in principals if who.area == county.code}
        assert here >= {f"county-{county.code}", f"regulator-{county.code}-1", f"regulator-{county.code}-2"}
    for_all = {who.account for who in principals if who.area == "140500"}
    assert for_all >= {"city-regulator-1", "city-regulator-2", "city-office-1", "operator-1"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda given: given.append(given[0]), "$[5].account"),
        (lambda given: given[0].update(account="Li Lei"), "$[0].account"),
        (lambda given: given[0].pop("role"), "$[0]"),
        (lambda given: given[0].update(role="king"), "$[0].role"),
        (lambda given: given[0].update(color="red"), "$[0]"),
        (lambda given: given[0].update(area="140100"), "$[0].area"),
        (lambda given: given[0].update(area="1405"), "$[0].area"),
        (lambda given: given[0].update(area="140500"), "$[0].area"),
        (lambda given: given[0].update(area="140502001"), "$[0].area"),
        (lambda given: given[0].update(unit="nobody"), "$[0].unit"),
        (lambda given: given[0].update(sectors=["fire"]), "$[0].sectors"),
        (lambda given: given[0].update(enterprise=USCC), "$[0].enterprise"),
        (lambda given: given[1].update(area="140500"), "$[1].area"),
        (lambda given: given[1].update(sectors=["alchemy"]), "$[1].sectors"),
        (lambda given: given[2].update(area="140502"), "$[2].area"),
        (lambda given: given[2].update(area="140502002"), "$[2].area"),
        (lambda given: given[3].pop("enterprise"), "$[3].enterprise"),
        (lambda given: given[3].update(enterprise="91140502XXXX000193"), "$[3].enterprise"),
        (lambda given: given[4].update(area="140502"), "$[4].area"),
    ],
)
def test_a_wrong_account_is_refused_by_file_and_field(tmp_path: Path, change: Change, field: str) -> None:
    given = accounts()
    change(given)
    with pytest.raises(ProfileError) as caught:
        load(tmp_path, given)
    assert (caught.value.field, caught.value.file.name) == (field, FILE)
