"""`/v1/accidents`: accidents, their measures, and what of them is late."""

from __future__ import annotations

from services.chassis.web.routes import Router
from services.ledger.accidents.http import commands, reads
from services.ledger.accidents.http.deps import Deps

__all__ = ["Deps", "router"]


def router(deps: Deps) -> Router:
    """Return the routes of accidents."""
    routes = Router(prefix="/v1", tags=["accidents"])
    reads.add(routes, deps)
    commands.add(routes, deps)
    return routes
