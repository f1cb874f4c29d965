"""Criteria put together: what is read of them, and loading."""

from __future__ import annotations

from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.criteria.http import Deps, router


def wire(platform: Platform[Any]) -> Part:
    """Return the criteria's part of the ledger."""
    return Part(routers=[router(Deps(platform.database, platform.clock, platform.city.zone))])
