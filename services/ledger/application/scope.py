"""Whose hazards an account may see and touch: area x sector (DOMAIN §10), an enterprise only its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.chassis.access.keys import Principal
from services.ledger.adapters.register import Scope
from services.ledger.domain.authority import ENTERPRISE_ROLES
from services.ledger.domain.hazard import Hazard

# An operator keeps the machines and reads no case data; observers read results; tip officers read tips.
READERS: Final = (
    "county_regulator",
    "city_regulator",
    "county_office",
    "city_office",
    "committee_director",
    "supervision_group",
    "township_officer",
    "enterprise_user",
    "enterprise_principal",
    "integrator",
)
CITY_READERS: Final = ("city_regulator", "city_office", "committee_director")
CLAIM_READERS: Final = (
    "county_regulator",
    "city_regulator",
    "county_office",
    "city_office",
    "integrator",
    "operator",
)
# The machine client of a county system works for all its sectors.
_ALL_SECTORS: Final = frozenset({"integrator"})


def scope_of(principal: Principal, counties: Sequence[str]) -> Scope:
    """Return what `principal` may see in a city of these counties."""
    covered = tuple(county for county in counties if principal.covers(county))
    sectors = None if principal.role in _ALL_SECTORS else (principal.sectors or None)
    return Scope(
        counties=None if len(covered) == len(counties) else covered,
        sectors=sectors,
        # An enterprise's account is bound to it by its 统一社会信用代码; without one it sees nothing.
        enterprise_uscc=(principal.unit or "") if principal.role in ENTERPRISE_ROLES else None,
    )


def within(scope: Scope, hazard: Hazard) -> bool:
    """Say whether `hazard` lies in `scope`."""
    return (
        (scope.counties is None or hazard.county in scope.counties)
        and (scope.sectors is None or hazard.sector in scope.sectors)
        and (scope.enterprise_uscc is None or hazard.enterprise.uscc == scope.enterprise_uscc)
    )
