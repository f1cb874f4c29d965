"""The area groups put together: their routes."""

from __future__ import annotations

from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.groups.http import Deps, router


def wire(platform: Platform[Any]) -> Part:
    """Return the groups' part of the ledger."""
    return Part(routers=[router(Deps(platform.database, platform.city))])
