"""History put together: its export."""

from __future__ import annotations

from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.history.http import Deps, router
from services.ledger.history.tables.export import Export


def wire(platform: Platform[Any]) -> Part:
    """Return the history's part of the ledger."""
    return Part(routers=[router(Deps(Export(platform.database)))])
