"""Rosters and their members, each with its own history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.tasks import Member, MemberKind

Name = Annotated[str, Meta(min_length=1, max_length=200)]
RosterCode = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,62}$")]

# Rosters that every city has; a profile that names one of them says all of it. Whoever sits in the city's committee stands
# in rosters.json: a profile that leaves them out has no members.
COUNTIES: Final = "counties"
ENTERPRISES: Final = "enterprises"
MEMBERS: Final = "members"
COUNTIES_AND_MEMBERS: Final = "counties_and_members"


class NoSuchRoster(KeyError):
    """A roster is asked for that the profile doesn't have."""


class Renamed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From the day `since` on the member is called `name`; its code, and what it owes, stay."""

    since: date
    name: Name


class RosterMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member: it belongs to the roster from `since` to `until`, both inclusive; None is open.

    `county` is the division whose people act for it and `unit` the unit that does. `became` names the member that took
    it over when it was merged: what it still owes is that member's to do. `areas` are the parts of a site.
    """

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Name
    county: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    unit: RosterCode
    kind: MemberKind = MemberKind.COUNTY
    since: date | None = None
    until: date | None = None
    renamed: tuple[Renamed, ...] = ()
    became: str | None = None
    areas: tuple[Name, ...] = ()

    def belongs(self, day: date) -> bool:
        """Return whether it is a member on `day`."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def called(self, day: date) -> str:
        """Return its name on `day`."""
        return max(((each.since, each.name) for each in self.renamed if each.since <= day), default=(day, self.name))[1]

    def on(self, day: date) -> Member:
        """Return it as a task of that day names it."""
        return Member(kind=self.kind, code=self.code, name=self.called(day))


class Roster(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A roster: its Chinese name, and everybody who ever was on it."""

    name: Name
    members: tuple[RosterMember, ...]


@dataclass(frozen=True, slots=True)
class Rosters:
    """The rosters of a city by code; `digest` changes when any of them does."""

    by_code: Mapping[str, Roster]

    def roster(self, code: str) -> Roster:
        """Return a roster; raises NoSuchRoster."""
        try:
            return self.by_code[code]
        except KeyError:
            raise NoSuchRoster(code) from None

    def on(self, code: str, day: date) -> tuple[RosterMember, ...]:
        """Return who is on a roster on `day`; raises NoSuchRoster."""
        return tuple(member for member in self.roster(code).members if member.belongs(day))

    @property
    def digest(self) -> bytes:
        """By what two states of the rosters are told apart."""
        return blake2b(msgspec.json.encode(dict(sorted(self.by_code.items()))), digest_size=16).digest()


def contradictions(roster: Roster) -> list[tuple[int, str]]:
    """Return what can't be true of a roster: position of the member, and the rule."""
    found: list[tuple[int, str]] = []
    seen: set[str] = set()
    codes = {member.code for member in roster.members}
    for index, member in enumerate(roster.members):
        if member.code in seen:
            found.append((index, f"{member.code} appears twice"))
        seen.add(member.code)
        if member.since and member.until and member.until < member.since:
            found.append((index, "must not end before it begins"))
        if member.became is not None and (member.became not in codes or member.until is None):
            found.append((index, "became names a member of the roster, and goes with until"))
    return found
