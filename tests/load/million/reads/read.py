"""A read of the catalogue: who asks for what, and how much of the database that may touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role

CITY: Final = "140500"
COUNTY: Final = "140502"
TOWNSHIP: Final = "140502001"
# Filled in from the database: the code of an enterprise that has hazards.
ENTERPRISE: Final = "{enterprise}"

CALLERS: Final[Mapping[str, Principal]] = {
    "city": Principal("reads-city", Role.CITY_OFFICE, CITY, "safety_committee_office"),
    "county": Principal("reads-county", Role.COUNTY_REGULATOR, COUNTY, "emergency_management"),
    "office": Principal("reads-office", Role.COUNTY_OFFICE, COUNTY, "safety_committee_office"),
    "township": Principal("reads-township", Role.TOWNSHIP_OFFICER, TOWNSHIP, "township_government"),
    "sector": Principal("reads-sector", Role.CITY_REGULATOR, CITY, "fire_rescue", ("fire_safety", "catering")),
    "enterprise": Principal("reads-enterprise", Role.ENTERPRISE_PRINCIPAL, CITY, "enterprise", (), ENTERPRISE),
    "machine": Principal("reads-machine", Role.INTEGRATOR, COUNTY, "county_safety_committee"),
    "tips": Principal("reads-tips", Role.TIP_OFFICER, CITY, "emergency_management"),
}


class Kind(Enum):
    """What a read is, and so how long it may take."""

    LIST = auto()
    SEARCH = auto()
    COUNT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One request: a route (`/v1/hazards`), the path where that has names in it, who asks, and what for.

    `blocks` is how many pages of 8 KiB all statements of the request may touch together, whatever the database holds.
    """

    route: str
    who: str = "city"
    path: str = ""
    kind: Kind = Kind.LIST
    blocks: int = 2_000
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`/v1/hazards?county=140502 as city`."""
        asked = "&".join(f"{name}={value}" for name, value in self.asked.items())
        return f"{self.path or self.route}{'?' if asked else ''}{asked} as {self.who}"


def lists(route: str, *asked: Mapping[str, Any], who: Sequence[str] = ("city",)) -> list[Read]:
    """Return a list as each of `who` reads it, and as the first of them reads it narrowed in each of these ways."""
    return [Read(route=route, who=each) for each in who] + [Read(route=route, who=who[0], asked=each) for each in asked]
