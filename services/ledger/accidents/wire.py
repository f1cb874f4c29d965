"""Accidents put together: their routes."""

from __future__ import annotations

from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.accidents.http import Deps, router
from services.ledger.hazards.handlers.journal import Ledger


def wire(platform: Platform[Any]) -> Part:
    """Return the accidents' part of the ledger."""
    counties = frozenset(county.code for county in platform.city.counties)
    deps = Deps(platform.database, platform.clock, platform.city.zone, Ledger.on(platform), counties)
    return Part(routers=[router(deps)])
