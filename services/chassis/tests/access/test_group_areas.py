"""A supervision group's area may be an area group of the city: several counties, or several townships."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from duban_contracts.groups import SupervisionGroup
from duban_contracts.profile import City, Level, ProfileError, Region
from services.chassis.access.accounts import FILE, load_accounts
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.access.scope import Facts, Scope

COUNTIES = ("140502", "140521", "140522")
CITY = City(
    code="140500",
    name="晋城市",
    timezone="Asia/Shanghai",
    regions=(
        Region(code="140500", name="晋城市", level=Level.CITY),
        *(Region(code=code, name=code, level=Level.COUNTY) for code in COUNTIES),
        *(Region(code=f"14052200{n}", name=f"镇{n}", level=Level.TOWNSHIP, parent="140522") for n in (1, 2)),
    ),
    groups=(
        SupervisionGroup(code="G1", name="第一督导组", areas=("140502", "140521")),
        SupervisionGroup(code="G2", name="第二督导组", areas=("140522001",)),
    ),
)


def scope(area: str) -> Scope:
    return Scope.of(Principal("group", Role.SUPERVISION_GROUP, area), CITY)


@pytest.mark.feature("SY41")
def test_a_group_sees_the_counties_of_its_area_and_no_other() -> None:
    mine = scope("G1")
    assert [mine.covers(Facts(county=county)) for county in COUNTIES] == [True, True, False]
    assert mine.covers(Facts(county="140502", township="140502009"))


@pytest.mark.feature("SY41")
def test_a_group_of_townships_sees_these_townships_only() -> None:
    mine = scope("G2")
    townships = ("140522001", "140522002", None)
    assert [mine.covers(Facts(county="140522", township=each)) for each in townships] == [True, False, False]


def test_a_group_that_the_city_does_not_have_sees_nothing() -> None:
    assert not any(scope("G3").covers(Facts(county=county)) for county in COUNTIES)


@pytest.mark.parametrize(
    ("role", "area", "loads"),
    [
        ("supervision_group", "G1", True),
        ("supervision_group", "140502", True),
        ("supervision_group", "G9", False),
        ("county_regulator", "G1", False),
    ],
)
def test_only_a_supervision_groups_account_has_a_group_as_its_area(
    tmp_path: Path,
    role: str,
    area: str,
    loads: bool,  # noqa: FBT001 - a test's parameter
) -> None:
    (tmp_path / FILE).write_bytes(msgspec.json.encode([{"account": "group-1", "role": role, "area": area}]))
    if loads:
        assert [account.area for account in load_accounts(tmp_path, CITY)] == [area]
    else:
        with pytest.raises(ProfileError, match=r"\$\[0\]\.area"):
            load_accounts(tmp_path, CITY)
