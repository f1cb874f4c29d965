"""The roles of DOMAIN §10, and the groups that rules speak of. Pure: a slice's moves may name them too.

The codes are those of the published vocabulary `roles`; a test compares the two lists.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final, Protocol


class Role(StrEnum):
    """What an account is on the platform. Each has exactly one."""

    ENTERPRISE_USER = "enterprise_user"
    ENTERPRISE_PRINCIPAL = "enterprise_principal"
    TOWNSHIP_OFFICER = "township_officer"
    COUNTY_REGULATOR = "county_regulator"
    CITY_REGULATOR = "city_regulator"
    COUNTY_OFFICE = "county_office"
    CITY_OFFICE = "city_office"
    COMMITTEE_DIRECTOR = "committee_director"
    SUPERVISION_GROUP = "supervision_group"
    TIP_OFFICER = "tip_officer"
    OBSERVER = "observer"
    INTEGRATOR = "integrator"
    OPERATOR = "operator"
    AUDITOR = "auditor"


Roles = frozenset[Role]

EVERYBODY: Final[Roles] = frozenset(Role)
REGULATORS: Final[Roles] = frozenset({Role.COUNTY_REGULATOR, Role.CITY_REGULATOR})
CITY_REGULATORS: Final[Roles] = frozenset({Role.CITY_REGULATOR})
OFFICES: Final[Roles] = frozenset({Role.COUNTY_OFFICE, Role.CITY_OFFICE})
CITY_OFFICES: Final[Roles] = frozenset({Role.CITY_OFFICE})
DIRECTORS: Final[Roles] = frozenset({Role.COMMITTEE_DIRECTOR})
SUPERVISORS: Final[Roles] = frozenset({Role.SUPERVISION_GROUP})
TOWNSHIP: Final[Roles] = frozenset({Role.TOWNSHIP_OFFICER})
ENTERPRISE: Final[Roles] = frozenset({Role.ENTERPRISE_USER, Role.ENTERPRISE_PRINCIPAL})
PRINCIPALS: Final[Roles] = frozenset({Role.ENTERPRISE_PRINCIPAL})
INTEGRATORS: Final[Roles] = frozenset({Role.INTEGRATOR})
OPERATORS: Final[Roles] = frozenset({Role.OPERATOR})
OBSERVERS: Final[Roles] = frozenset({Role.OBSERVER})
AUDITORS: Final[Roles] = frozenset({Role.AUDITOR})
TIP_OFFICERS: Final[Roles] = frozenset({Role.TIP_OFFICER})

# Government staff who work on cases. An operator keeps the machines and reads none, a tip officer reads tips only.
CASE_STAFF: Final[Roles] = REGULATORS | OFFICES | DIRECTORS | SUPERVISORS
# Who inspects on site and reports what was found.
INSPECTORS: Final[Roles] = REGULATORS | OFFICES | SUPERVISORS
# Staff who answer for the whole city.
CITY_STAFF: Final[Roles] = CITY_REGULATORS | CITY_OFFICES | DIRECTORS


class ActsInRole(Protocol):
    """Somebody whose role is known: a principal, or the actor that an event names."""

    @property
    def role(self) -> str:
        """The role's code."""
        ...


def holds(who: ActsInRole, roles: Collection[str]) -> bool:
    """Return whether `who` acts in one of `roles`. Rules ask this instead of comparing roles themselves."""
    return who.role in roles
