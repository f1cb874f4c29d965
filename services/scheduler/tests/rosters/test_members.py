"""Who is on a roster on which day, under which name, and what can't be true of one. Pure."""

from __future__ import annotations

from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import pytest

from duban_contracts.events.tasks import Member, MemberKind
from duban_contracts.profile import ProfileError, load_city
from services.scheduler.rosters.handlers import ROSTERS, load_rosters
from services.scheduler.rosters.model import NoSuchRoster, Renamed, Roster, RosterMember, Rosters, contradictions
from services.scheduler.tests.bench import PROFILE

BEGINS, ENDS = date(2024, 3, 1), date(2024, 6, 30)


def member(code: str = "m-1", **fields: Any) -> RosterMember:
    said: dict[str, Any] = {"name": "一中队", "county": "140502", "unit": "fire_rescue", **fields}
    return RosterMember(code=code, **said)


def test_a_member_belongs_from_its_first_to_its_last_day() -> None:
    bounded = member(since=BEGINS, until=ENDS)
    days = [date(2024, 2, 29), BEGINS, ENDS, date(2024, 7, 1)]
    assert [bounded.belongs(day) for day in days] == [False, True, True, False]
    assert all(member().belongs(day) for day in days)


def test_a_member_is_called_by_its_newest_name_of_that_day() -> None:
    renamed = member(renamed=(Renamed(since=BEGINS, name="二中队"), Renamed(since=ENDS, name="三中队")))
    assert [renamed.called(day) for day in (date(2024, 2, 29), BEGINS, ENDS)] == ["一中队", "二中队", "三中队"]
    assert renamed.on(BEGINS) == Member(kind=MemberKind.COUNTY, code="m-1", name="二中队")


def test_a_roster_says_who_is_on_it_and_one_that_is_not_there_is_named() -> None:
    gone, here = member(until=ENDS), member("m-2", since=BEGINS)
    rosters = Rosters({"squads": Roster(name="中队", members=(gone, here))})
    assert rosters.on("squads", date(2024, 7, 1)) == (here,)
    with pytest.raises(NoSuchRoster, match="brigades"):
        rosters.on("brigades", BEGINS)
    document = msgspec.json.encode({"squads": rosters.by_code["squads"]})
    assert rosters.digest == blake2b(document, digest_size=16).digest()


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ((member(), member("m-2")), []),
        ((member(), member()), [(1, "m-1 appears twice")]),
        ((member(since=ENDS, until=BEGINS),), [(0, "must not end before it begins")]),
        ((member(since=BEGINS, until=BEGINS),), []),
        ((member(until=ENDS, became="m-2"), member("m-2")), []),
        ((member(until=ENDS, became="m-9"),), [(0, "became names a member of the roster, and goes with until")]),
        ((member(became="m-2"), member("m-2")), [(0, "became names a member of the roster, and goes with until")]),
    ],
)
def test_what_cannot_be_true_of_a_roster_is_found(
    members: tuple[RosterMember, ...], found: list[tuple[int, str]]
) -> None:
    assert contradictions(Roster(name="中队", members=members)) == found


@pytest.mark.parametrize(
    ("wrong", "field", "rule"),
    [
        (member("m-2", unit="no_such_unit"), "$.rosters.squads.members[1].unit", "is no code of the vocabulary units"),
        (member(), "$.rosters.squads.members[1]", "m-1 appears twice"),
    ],
)
def test_a_file_of_rosters_that_is_wrong_is_refused_by_file_place_and_rule(
    tmp_path: Path, wrong: RosterMember, field: str, rule: str
) -> None:
    squads = Roster(name="中队", members=(member(), wrong))
    (tmp_path / ROSTERS).write_bytes(msgspec.json.encode({"rosters": {"squads": squads}}))
    with pytest.raises(ProfileError) as raised:
        load_rosters(tmp_path, load_city(PROFILE))
    assert (raised.value.file.name, raised.value.field, raised.value.rule) == (ROSTERS, field, rule)


def test_counties_and_enterprises_are_the_citys_and_both_kinds_of_members_stand_together(tmp_path: Path) -> None:
    city = load_city(PROFILE)
    rosters = load_rosters(tmp_path, city)
    assert [each.code for each in rosters.roster("counties").members] == [county.code for county in city.counties]
    assert {(each.kind, each.unit) for each in rosters.roster("counties").members} == {
        (MemberKind.COUNTY, "county_safety_committee")
    }
    firms = rosters.roster("enterprises").members
    assert [(each.code, each.name, each.county) for each in firms] == [
        (each.uscc, each.name, each.county) for each in city.enterprises
    ]
    assert {(each.kind, each.unit) for each in firms} == {(MemberKind.ENTERPRISE, "enterprise")}
    assert rosters.roster("counties_and_members").members == rosters.roster("counties").members
