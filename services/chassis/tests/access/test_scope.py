"""What an account may see: by hand for the cases people name, by property for all others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.access.scope import Dimension, Facts, Scope
from services.chassis.tests.access.city import CITY
from services.chassis.tests.access.strategies import codes, facts, principals, scopes

HOME = Facts("140502", "140502001", "coal_mine", "emergency_management", "91140502XXXX000192")


def sees(principal: Principal, row: Facts = HOME) -> bool:
    return Scope.of(principal, CITY).covers(row)


@pytest.mark.feature("SY65")
@pytest.mark.parametrize(
    ("area", "seen"),
    [
        ("140500", True),
        ("140502", True),
        ("140502001", True),
        ("140502002", False),
        ("140521", False),
        ("140521001", False),
        ("140600", False),
        ("140000", False),
        ("999999", False),
        ("", False),
    ],
)
def test_a_city_covers_its_counties_a_county_its_townships_a_township_itself(area: str, *, seen: bool) -> None:
    assert sees(Principal("a", "city_office", area)) is seen


@pytest.mark.feature("SY65")
def test_a_township_sees_nothing_that_does_not_say_in_which_township_it_lies() -> None:
    assert not sees(Principal("t", "township_officer", "140502001"), replace(HOME, township=None))
    assert sees(Principal("c", "county_office", "140502"), replace(HOME, township=None))


def test_a_township_lies_where_the_profile_says_whatever_its_digits_are() -> None:
    scope = Scope.of(Principal("t", "township_officer", "140521100"), CITY)
    assert scope == Scope(county=frozenset({"140571"}), township=frozenset({"140521100"}))
    assert scope.covers(Facts("140571", "140521100"))
    assert not scope.covers(Facts("140521", "140521100"))


@pytest.mark.parametrize("area", ["140600001", "1405020010", "140502x", "140502", "140500"])
def test_only_nine_digits_below_a_county_of_the_city_are_a_township_that_the_profile_does_not_list(area: str) -> None:
    assert Scope.of(Principal("t", "township_officer", "140502777"), CITY) == Scope(
        county=frozenset({"140502"}), township=frozenset({"140502777"})
    )
    scope = Scope.of(Principal("t", "township_officer", area), CITY)
    assert scope.township is None
    assert (scope.county == frozenset()) == (area not in {"140502", "140500"})


def test_sectors_restrict_and_none_means_all() -> None:
    assert sees(Principal("r", "county_regulator", "140502", sectors=("coal_mine", "fire")))
    assert not sees(Principal("r", "county_regulator", "140502", sectors=("fire",)))
    assert sees(Principal("r", "county_regulator", "140502"))
    assert not sees(Principal("r", "county_regulator", "140502", sectors=("fire",)), replace(HOME, sector=None))


def test_a_countys_machine_works_for_all_its_sectors() -> None:
    assert sees(Principal("m", "integrator", "140502", sectors=("fire",)))


@pytest.mark.feature("SY65")
@pytest.mark.parametrize("role", [Role.ENTERPRISE_USER, Role.ENTERPRISE_PRINCIPAL])
def test_an_enterprise_sees_its_own_and_nothing_without_its_code(role: Role) -> None:
    assert sees(Principal("e", role, "140502", enterprise="91140502XXXX000192"))
    assert not sees(Principal("e", role, "140502", enterprise="91140502XXXX00027W"))
    assert not sees(Principal("e", role, "140502", unit="91140502XXXX000192")), "a unit is no enterprise"
    assert not sees(Principal("e", role, "140502"))
    assert not sees(Principal("e", role, "140521", enterprise="91140502XXXX000192")), "its area counts, too"
    assert not sees(Principal("e", role, "140502"), replace(HOME, enterprise=None))
    assert not sees(Principal("e", role, "140502", enterprise=""), replace(HOME, enterprise=""))


def test_a_unit_restricts_only_what_asks_for_it() -> None:
    own = Principal("u", "county_office", "140502", unit="emergency_management")
    other = replace(own, unit="fire_rescue")
    assert sees(other)
    assert Scope.of(own, CITY, own_unit=True).covers(HOME)
    assert not Scope.of(other, CITY, own_unit=True).covers(HOME)
    assert not Scope.of(replace(own, unit=None), CITY, own_unit=True).covers(HOME)


def test_a_restricted_dimension_without_a_column_fails_closed() -> None:
    scope = Scope(county=frozenset({"140502"}), sector=frozenset({"fire"}))
    assert scope.where({Dimension.COUNTY: "county"}) == (["FALSE"], [])
    assert Scope().where({}) == ([], [])


def test_holding_no_code_is_not_the_same_as_holding_all() -> None:
    nothing = Scope(county=frozenset())
    assert nothing.where({Dimension.COUNTY: "county"}) == (["county = ANY($1::text[])"], [[]])
    assert not nothing.covers(HOME)


def test_placeholders_count_from_where_the_caller_says() -> None:
    scope = Scope(county=frozenset({"140521", "140502"}), sector=frozenset({"fire"}))
    conditions, values = scope.where({Dimension.COUNTY: "h.county", Dimension.SECTOR: "sector"}, first=4)
    assert conditions == ["h.county = ANY($4::text[])", "sector = $5::text"]
    assert values == [["140502", "140521"], "fire"]


def test_a_filter_narrows_and_what_lies_outside_is_not_there() -> None:
    county = Scope(county=frozenset({"140502"}))
    assert county.narrowed() == county
    assert county.narrowed(county=None, sector="fire") == replace(county, sector=frozenset({"fire"}))
    assert county.narrowed(county="140521").county == frozenset()
    assert county.narrowed(county=("140521", "140502")) == county
    with pytest.raises(ValueError, match="colour"):
        county.narrowed(colour="red")


@given(scopes(), facts(), st.dictionaries(st.sampled_from([d.value for d in Dimension]), codes()))
def test_a_narrowed_scope_covers_what_both_cover(scope: Scope, row: Facts, asked: dict[str, frozenset[str]]) -> None:
    wanted = all(getattr(row, name) in inside for name, inside in asked.items())
    assert scope.narrowed(**asked).covers(row) == (scope.covers(row) and wanted)


@given(who=principals(), row=facts(), own_unit=st.booleans())
def test_nobody_sees_outside_its_area_its_sectors_and_its_enterprise(
    who: Principal, row: Facts, *, own_unit: bool
) -> None:
    if not Scope.of(who, CITY, own_unit=own_unit).covers(row):
        return
    parent = {"140502001": "140502", "140521100": "140571"}.get(who.area, who.area[:6])
    assert who.area == CITY.code or row.county == parent
    assert len(who.area) == 6 or row.township == who.area
    assert not who.sectors or who.role == "integrator" or row.sector in who.sectors
    assert not who.role.startswith("enterprise") or (row.enterprise and row.enterprise == who.enterprise)
    assert not own_unit or (row.unit and row.unit == who.unit)


@given(principals(), facts())
def test_only_an_account_without_any_bound_sees_the_whole_city(who: Principal, row: Facts) -> None:
    scope = Scope.of(who, CITY)
    assert not scope.is_whole or scope.covers(row)
    bound = who.area != CITY.code or (who.sectors and who.role != "integrator") or who.role.startswith("enterprise")
    assert scope.is_whole == (not bound)
