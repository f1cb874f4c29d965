"""The post (岗位) in which somebody acted: a role at a unit, never a person."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

import msgspec

from duban_contracts.events.types import Actor
from duban_contracts.vocabulary import ROLES, UNITS
from services.chassis.access.roles import CITY_STAFF, ENTERPRISE, holds

_AT: Final = "@"


class Post(NamedTuple):
    """A role, and the unit for which it is held where the account has one."""

    role: str
    unit: str | None = None

    @classmethod
    def of(cls, actor: Actor) -> Self:
        """Return the post in which `actor` acts."""
        _, role, unit = msgspec.structs.astuple(actor)
        return cls(role, unit)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the post that `str` wrote."""
        role, _, unit = text.partition(_AT)
        return cls(role, unit or None)

    def __str__(self) -> str:
        role, unit = self
        return f"{role}{_AT}{unit}" if unit else role

    @property
    def zh(self) -> str:
        """What people call it: 应急管理局市级监管人员."""
        role, unit = self
        return f"{UNITS.name(unit) if unit else ''}{ROLES.name(role)}"

    def same_unit(self, other: Post) -> bool:
        """Return whether both posts on one hazard belong to one unit: its enterprise, or one bureau of one level."""
        return (_level(self), self.unit) == (_level(other), other.unit)


def _level(post: Post) -> str:
    """Return for whom a post acts: the 应急管理局 of the county and that of the city are two units."""
    if holds(post, ENTERPRISE):
        return "enterprise"
    return "city" if holds(post, CITY_STAFF) else "county"
