"""Referrals put together: their routes."""

from __future__ import annotations

from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.referrals.http import Deps, router


def wire(platform: Platform[Any]) -> Part:
    """Return the referrals' part of the ledger."""
    counties = frozenset(county.code for county in platform.city.counties)
    return Part(routers=[router(Deps(platform.database, platform.clock, platform.city.rules.zone, counties))])
