from __future__ import annotations

import pytest

from duban_contracts.groups import SupervisionGroup, fault_of

# Two counties; the first has two townships.
COUNTY_OF = {"140502": "140502", "140521": "140521", "140502001": "140502", "140502002": "140502"}


def groups(*areas: tuple[str, ...]) -> list[SupervisionGroup]:
    return [SupervisionGroup(code=f"G{number}", name="督导组", areas=each) for number, each in enumerate(areas, 1)]


@pytest.mark.parametrize(
    "areas",
    [
        [("140502",), ("140521",)],
        [("140502", "140521")],
        [("140502001",), ("140502002",), ("140521",)],
        [],
    ],
)
def test_groups_share_the_city_out(areas: list[tuple[str, ...]]) -> None:
    assert fault_of(groups(*areas), COUNTY_OF) is None


@pytest.mark.parametrize(
    ("areas", "rule"),
    [
        ([("140502",), ("140502",)], "140502 is another group's already"),
        ([("140502001",), ("140502",)], "140502 is another group's already"),
        ([("140502",), ("140502001",)], "140502001 is another group's already"),
        ([("140502001",), ("140502001",)], "140502001 is another group's already"),
        ([("140502001", "140521")], "must be counties, or townships, and not both"),
        ([("140599",)], "140599 is no county or township of this profile"),
    ],
)
def test_what_one_group_inspects_no_other_does(areas: list[tuple[str, ...]], rule: str) -> None:
    found = fault_of(groups(*areas), COUNTY_OF)
    assert found is not None
    assert (found[0].startswith("$.groups["), found[1]) == (True, rule)


def test_a_code_belongs_to_one_group() -> None:
    twice = [*groups(("140502",)), *groups(("140521",))]
    assert fault_of(twice, COUNTY_OF) == ("$.groups[1].code", "G1 appears twice")
