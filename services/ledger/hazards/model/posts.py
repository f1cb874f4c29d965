"""The post (岗位) in which somebody acted: a role at a unit, never a person."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

from duban_contracts.events.types import Actor
from duban_contracts.vocabulary import ROLES, UNITS
from services.chassis.access.roles import CITY_STAFF, ENTERPRISE

_AT: Final = "@"


class Post(NamedTuple):
    """A role, and the unit for which it is held where the account has one."""

    role: str
    unit: str | None = None

    @classmethod
    def of(cls, actor: Actor) -> Self:
        """Return the post in which `actor` acts."""
        return cls(actor.role, actor.unit)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the post that `str` wrote."""
        role, _, unit = text.partition(_AT)
        return cls(role, unit or None)

    def __str__(self) -> str:
        return f"{self.role}{_AT}{self.unit}" if self.unit else self.role

    @property
    def zh(self) -> str:
        """What people call it: 应急管理局市级监管人员."""
        return f"{UNITS.name(self.unit) if self.unit else ''}{ROLES.name(self.role)}"

    def same_unit(self, other: Post) -> bool:
        """Return whether both posts on one hazard belong to one unit: its enterprise, or one bureau of one level."""
        return (_level(self.role), self.unit) == (_level(other.role), other.unit)


def _level(role: str) -> str:
    """Return for whom a role acts: the 应急管理局 of the county and that of the city are two units."""
    if role in ENTERPRISE:
        return "enterprise"
    return "city" if role in CITY_STAFF else "county"
