"""包片督导: area groups of a city's supervision (1+14+N), each with the counties or the townships that it inspects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

GroupCode = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9-]{0,15}$(?!\n)", description="an area group of this city")]


class SupervisionGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One area group: `areas` are codes of counties, or of townships; its accounts have its `code` as their area."""

    code: GroupCode
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    areas: Annotated[tuple[str, ...], Meta(min_length=1)]


def group_of(groups: Iterable[SupervisionGroup], code: str) -> SupervisionGroup | None:
    """Return the group of `code`, or None."""
    return next((group for group in groups if group.code == code), None)


def fault_of(groups: Iterable[SupervisionGroup], county_of: Mapping[str, str]) -> tuple[str, str] | None:
    """Return what is wrong with a city's groups, as (JSON path, rule), or None.

    `county_of` gives the county of each county (itself) and township. What one group inspects, no other does, or a
    finding would be two groups'.
    """
    codes: set[str] = set()
    taken: dict[str, bool] = {}
    for index, group in enumerate(groups):
        field = f"$.groups[{index}]"
        if group.code in codes:
            return f"{field}.code", f"{group.code} appears twice"
        codes.add(group.code)
        if unknown := [area for area in group.areas if area not in county_of]:
            return f"{field}.areas", f"{unknown[0]} is no county or township of this profile"
        if len({county_of[area] == area for area in group.areas}) > 1:
            return f"{field}.areas", "must be counties, or townships, and not both"
        for area in group.areas:
            whole, county = county_of[area] == area, county_of[area]
            # A county once, its townships each once, and never both.
            if area in taken or taken.get(county) is True or (whole and county in taken):
                return f"{field}.areas", f"{area} is another group's already"
            taken[area] = whole
            taken.setdefault(county, whole)
    return None
