"""The accounts of a city's profile, `accounts.json`: who gets a key, and what it is for.

They belong to an installation and not to the contract: a county's vendor has no business with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts import uscc
from duban_contracts.groups import group_of
from duban_contracts.profile import City, Level, ProfileError, read
from duban_contracts.vocabulary import SECTORS, UNITS
from services.chassis.access.principal import Principal
from services.chassis.access.roles import ENTERPRISE, INTEGRATORS, SUPERVISORS, Role, holds

FILE: Final = "accounts.json"

_CITY: Final = frozenset({Level.CITY})
_COUNTY: Final = frozenset({Level.COUNTY, Level.PARK})
# What a role's name says of its area. A county's regulator over the whole city would be a city's.
_LEVELS: Final = {
    Role.TOWNSHIP_OFFICER: frozenset({Level.TOWNSHIP}),
    Role.COUNTY_REGULATOR: _COUNTY,
    Role.COUNTY_OFFICE: _COUNTY,
    Role.INTEGRATOR: _COUNTY,
    Role.CITY_REGULATOR: _CITY,
    Role.CITY_OFFICE: _CITY,
}


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An opaque account of a person or a machine; no `sectors` means all.

    `area` is a division code: the city's, a county's or a township's; a supervision group's may be the code of an area
    group. `enterprise` is the 统一社会信用代码 of the one
    enterprise that an enterprise's account belongs to.
    """

    account: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
    role: Role
    area: Annotated[str, Meta(pattern=r"^([0-9]{6}([0-9]{3})?|[A-Z][A-Z0-9-]{0,15})$")]
    unit: str | None = None
    sectors: tuple[str, ...] = ()
    enterprise: str | None = None

    @property
    def principal(self) -> Principal:
        """Return who calls with a key of this account."""
        return Principal(self.account, self.role, self.area, self.unit, self.sectors, self.enterprise)


def load_accounts(directory: Path, city: City) -> tuple[Account, ...]:
    """Read `accounts.json` of the profile of `city`; raises ProfileError naming file, field and rule."""
    path = directory / FILE
    accounts = read(path, tuple[Account, ...])
    seen: set[str] = set()
    for index, account in enumerate(accounts):
        if account.account in seen:
            raise ProfileError(path, f"$[{index}].account", f"{account.account} appears twice")
        seen.add(account.account)
        fault = fault_of(account, city)
        if fault is not None:
            name, rule = fault
            raise ProfileError(path, f"$[{index}].{name}", rule)
    return accounts


def fault_of(account: Account, city: City) -> tuple[str, str] | None:
    """Return the field of an account that can't be in `city`, and the rule that it breaks; None for a good one."""
    return _area_fault(account, city) or _work_fault(account) or _enterprise_fault(account)


def _area_fault(account: Account, city: City) -> tuple[str, str] | None:
    if group_of(city.groups, account.area) is not None:
        return None if holds(account, SUPERVISORS) else ("area", f"{account.area} is the area of a supervision group")
    region = city.region(account.area)
    if region is None:
        return "area", f"{account.area} is no division of {city.name}"
    levels = _LEVELS.get(account.role)
    if levels is not None and region.level not in levels:
        return "area", f"the area of a {account.role} is a {' or '.join(sorted(levels))}, not a {region.level}"
    return None


def _work_fault(account: Account) -> tuple[str, str] | None:
    if account.unit is not None and account.unit not in UNITS:
        return "unit", f"{account.unit} is no code of the vocabulary {UNITS.title}"
    for sector in account.sectors:
        if sector not in SECTORS:
            return "sectors", f"{sector} is no code of the vocabulary {SECTORS.title}"
    if account.sectors and holds(account, INTEGRATORS):
        return "sectors", "a county's machine works for all its sectors"
    return None


def _enterprise_fault(account: Account) -> tuple[str, str] | None:
    if not holds(account, ENTERPRISE):
        return None if account.enterprise is None else ("enterprise", f"a {account.role} belongs to no enterprise")
    if account.enterprise is None or not uscc.is_valid(account.enterprise):
        return "enterprise", "must be 18 characters with a right check character"
    return None
