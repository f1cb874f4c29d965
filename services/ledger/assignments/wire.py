"""Assignments put together: their routes."""

from __future__ import annotations

from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.assignments.http import Deps, router


def wire(platform: Platform[Any]) -> Part:
    """Return the assignments' part of the ledger."""
    city = platform.city
    counties = frozenset(county.code for county in city.counties)
    return Part(routers=[router(Deps(platform.database, platform.clock, city.rules, counties))])
