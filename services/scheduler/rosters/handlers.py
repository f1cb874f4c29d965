"""Reading the rosters of a profile, and who of them lies in a reader's area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from duban_contracts.events.tasks import MemberKind
from duban_contracts.profile import City, ProfileError, read
from duban_contracts.vocabulary import UNITS
from services.chassis.access.scope import Facts, Scope
from services.scheduler.rosters.model import (
    COUNTIES,
    COUNTIES_AND_MEMBERS,
    ENTERPRISES,
    MEMBERS,
    Roster,
    RosterMember,
    Rosters,
    contradictions,
)

ROSTERS: Final = "rosters.json"
# Who speaks for a county towards the city (S4 part 6).
_COUNTY_UNIT: Final = "county_safety_committee"
_ENTERPRISE_UNIT: Final = "enterprise"


class RostersFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """rosters.json: rosters by code."""

    rosters: dict[str, Roster]


def load_rosters(profile: Path, city: City) -> Rosters:
    """Return the rosters of a profile: `counties` and `enterprises` from city.json unless rosters.json says them.

    `counties_and_members` are all `counties` and all `members` together, of whom documents ask the same.
    Raises ProfileError naming the member that contradicts another.
    """
    path = profile / ROSTERS
    named = read(path, RostersFile).rosters if path.exists() else {}
    for code, roster in named.items():
        for index, rule in contradictions(roster):
            raise ProfileError(path, f"$.rosters.{code}.members[{index}]", rule)
        for index, member in enumerate(roster.members):
            if member.unit not in UNITS:
                raise ProfileError(
                    path, f"$.rosters.{code}.members[{index}].unit", "is no code of the vocabulary units"
                )
    rosters = {COUNTIES: _counties(city), ENTERPRISES: _enterprises(city), **named}
    return Rosters({COUNTIES_AND_MEMBERS: _together(rosters), **rosters})


def inside(member: RosterMember, scope: Scope) -> bool:
    """Return whether a member lies in a reader's area. It is of no sector: what it is asked for is, and is read by sectors."""
    enterprise = member.code if member.kind is MemberKind.ENTERPRISE else None
    return replace(scope, sector=None).covers(Facts(county=member.county, unit=member.unit, enterprise=enterprise))


def _together(rosters: Mapping[str, Roster]) -> Roster:
    parts = [rosters[code] for code in (COUNTIES, MEMBERS) if code in rosters]
    return Roster(name="各县（市、区）和安委会成员单位", members=tuple(each for part in parts for each in part.members))


def _enterprises(city: City) -> Roster:
    members = tuple(
        RosterMember(
            kind=MemberKind.ENTERPRISE, code=each.uscc, name=each.name, county=each.county, unit=_ENTERPRISE_UNIT
        )
        for each in city.enterprises
    )
    return Roster(name="生产经营单位", members=members)


def _counties(city: City) -> Roster:
    members = tuple(
        RosterMember(kind=MemberKind.COUNTY, code=county.code, name=county.name, county=county.code, unit=_COUNTY_UNIT)
        for county in city.counties
    )
    return Roster(name="各县（市、区）", members=members)
