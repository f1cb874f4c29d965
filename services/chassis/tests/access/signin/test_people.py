"""Whose account a person has: never wider than the claims say, and nothing by default."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.vocabulary import SECTORS, UNITS
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.access.scope import Facts, Scope
from services.chassis.access.signin.people import principal_of, pseudonym
from services.chassis.access.signin.refusals import TokenRefused
from services.chassis.process.sign_in import ClaimNames
from services.chassis.tests.access.city import CITY
from services.chassis.tests.access.signin.issuing import NAMES, REGULATOR, URL

USCC = "91140502XXXX000192"
OTHER = "91140502XXXX00027W"
SAID = {"iss": URL, "sub": "6f1c"} | REGULATOR
CODES = [sector.code for sector in SECTORS][:3]
UNIT_CODES = [unit.code for unit in UNITS][:3]


def refused(claims: dict[str, Any], names: ClaimNames = NAMES) -> str | None:
    with pytest.raises(TokenRefused) as caught:
        principal_of(claims, names, CITY)
    assert caught.value.code == "token-claims-unusable"
    assert caught.value.rule
    return caught.value.claim


@pytest.mark.feature("SY65")
def test_claims_make_the_principal_that_a_key_of_the_same_account_makes() -> None:
    assert principal_of(SAID, NAMES, CITY) == Principal(
        "regulator-1", "county_regulator", "140502", "emergency_management", ("coal_mine",), None
    )
    enterprise = SAID | {"duban_role": "enterprise_principal", "duban_enterprise": USCC, "duban_unit": None}
    assert principal_of(enterprise, NAMES, CITY) == Principal(
        "regulator-1", "enterprise_principal", "140502", None, ("coal_mine",), USCC
    )
    assert principal_of(SAID | {"duban_sectors": "*"}, NAMES, CITY).sectors == ()
    assert principal_of(SAID | {"duban_sectors": "coal_mine"}, NAMES, CITY).sectors == ("coal_mine",)


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"duban_role": "king"}, "duban_role"),
        ({"duban_role": []}, "duban_role"),
        ({"duban_role": ["county_regulator", "city_regulator"]}, "duban_role"),
        ({"duban_role": {"county_regulator": True}}, "duban_role"),
        ({"duban_role": "integrator", "duban_sectors": "*"}, "duban_role"),
        ({"duban_area": "140100"}, "duban_area"),
        ({"duban_area": "140500"}, "duban_area"),
        ({"duban_area": 140502}, "duban_area"),
        ({"duban_area": ["140502"]}, "duban_area"),
        ({"duban_unit": "nobody"}, "duban_unit"),
        ({"duban_unit": ""}, "duban_unit"),
        ({"duban_sectors": []}, "duban_sectors"),
        ({"duban_sectors": ""}, "duban_sectors"),
        ({"duban_sectors": None}, "duban_sectors"),
        ({"duban_sectors": ["coal_mine", "*"]}, "duban_sectors"),
        ({"duban_sectors": ["alchemy"]}, "duban_sectors"),
        ({"duban_sectors": [["coal_mine"]]}, "duban_sectors"),
        ({"duban_enterprise": USCC}, "duban_enterprise"),
        ({"duban_role": "enterprise_user"}, "duban_enterprise"),
        ({"duban_account": "张三"}, "duban_account"),
        ({"duban_account": "zhang.san@city.example"}, "duban_account"),
    ],
)
def test_claims_that_say_no_usable_account_are_refused_by_name(changes: dict[str, Any], claim: str) -> None:
    assert refused(SAID | changes) == claim


@pytest.mark.parametrize("name", ["duban_account", "duban_role", "duban_area", "duban_sectors"])
def test_what_is_missing_is_refused_and_never_everything(name: str) -> None:
    assert refused({key: value for key, value in SAID.items() if key != name}) == name


def test_roles_may_stand_among_a_providers_own_and_deep_inside() -> None:
    names = ClaimNames("realm_access.roles", "duban_area", "duban_unit", "https://city.example/sectors", "none")
    nested = SAID | {
        "realm_access": {"roles": ["offline_access", "county_regulator", "uma_authorization"]},
        "https://city.example/sectors": ["coal_mine"],
    }
    who = principal_of(nested, names, CITY)
    assert (who.role, who.sectors) == ("county_regulator", ("coal_mine",))
    assert who.account == pseudonym(URL, "6f1c")
    assert refused(nested | {"realm_access": "county_regulator"}, names) == "realm_access.roles"


def test_a_pseudonym_is_the_same_each_time_and_names_nobody() -> None:
    assert pseudonym(URL, "zhangsan@city.example") == pseudonym(URL, "zhangsan@city.example")
    assert pseudonym(URL, "a") != pseudonym(URL, "b")
    assert pseudonym(f"{URL}\na", "b") != pseudonym(URL, "a")
    assert "zhang" not in pseudonym(URL, "zhangsan@city.example")
    anybody = ClaimNames("duban_role", "duban_area", "duban_unit", "duban_sectors", "duban_enterprise")
    assert principal_of(SAID, anybody, CITY).account == pseudonym(URL, "6f1c"), "and can be an account"


def odd() -> st.SearchStrategy[Any]:
    return st.none() | st.booleans() | st.integers() | st.just("") | st.just("*") | st.just([]) | st.just({"a": 1})


def claims() -> st.SearchStrategy[dict[str, Any]]:
    """Claims that are right often enough, and wrong in every way."""
    area = st.sampled_from(["140500", "140502", "140521", "140571", "140502001", "140521100", "140100"])
    sectors = st.just("*") | st.lists(st.sampled_from([*CODES, "*"]), max_size=3) | st.sampled_from(CODES)
    roles = st.sampled_from([role.value for role in Role])
    return st.fixed_dictionaries(
        {"iss": st.just(URL), "sub": st.just("6f1c")},
        optional={
            "duban_account": st.just("somebody") | odd(),
            "duban_role": roles | st.lists(roles, max_size=2) | odd(),
            "duban_area": area | odd(),
            "duban_unit": st.sampled_from(UNIT_CODES) | odd(),
            "duban_sectors": sectors | odd(),
            "duban_enterprise": st.sampled_from([USCC, OTHER]) | odd(),
        },
    )


def rows() -> st.SearchStrategy[Facts]:
    return st.builds(
        Facts,
        st.sampled_from(["140502", "140521", "140571", None]),
        st.sampled_from(["140502001", "140521100", None]),
        st.sampled_from([*CODES, None]),
        st.sampled_from([*UNIT_CODES, None]),
        st.sampled_from([USCC, OTHER, None]),
    )


def said_to_see(row: Facts, said: dict[str, Any]) -> bool:
    """Reckon from the claims alone, without any code of ours, whether they say that this row is theirs."""
    area, sectors = said["duban_area"], said["duban_sectors"]
    inside = area in {"140500", row.county} or (len(area) == 9 and row.township == area)
    listed = sectors if isinstance(sectors, list) else [sectors]
    sector = listed == ["*"] or row.sector in listed
    roles = said["duban_role"] if isinstance(said["duban_role"], list) else [said["duban_role"]]
    own = not any(str(role).startswith("enterprise") for role in roles) or row.enterprise == said["duban_enterprise"]
    return bool(inside and sector and own)


@pytest.mark.feature("SY65")
@given(claims(), rows())
def test_nobody_gets_more_than_the_claims_say(said: dict[str, Any], row: Facts) -> None:
    try:
        who = principal_of(said, NAMES, CITY)
    except TokenRefused:
        return
    roles = said["duban_role"] if isinstance(said["duban_role"], list) else [said["duban_role"]]
    assert who.role in roles
    assert who.unit == said.get("duban_unit")
    if Scope.of(who, CITY).covers(row):
        assert said_to_see(row, said)


@given(
    claims(), st.sampled_from(["duban_role", "duban_area", "duban_unit", "duban_sectors", "duban_enterprise"]), rows()
)
def test_a_claim_that_is_taken_away_never_opens_anything(said: dict[str, Any], name: str, row: Facts) -> None:
    fewer = {key: value for key, value in said.items() if key != name}
    try:
        after = principal_of(fewer, NAMES, CITY)
        before = principal_of(said, NAMES, CITY)
    except TokenRefused:
        return
    for own_unit in (False, True):
        if Scope.of(after, CITY, own_unit=own_unit).covers(row):
            assert Scope.of(before, CITY, own_unit=own_unit).covers(row)
