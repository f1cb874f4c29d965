"""The list of look-backs put together: its route, and what the journal tells it."""

from __future__ import annotations

from typing import Any

from duban_contracts.events.hazards import HazardClosed, HazardLookBackPassed, HazardReopened
from services.chassis.assembly import Part, Platform
from services.ledger.lookbacks.handlers import keep_look_backs
from services.ledger.lookbacks.http import Deps, router


def wire(platform: Platform[Any]) -> Part:
    """Return the look-backs' part of the ledger."""
    return Part(
        routers=[router(Deps(platform.database, platform.clock, platform.city.zone))],
        reactions=dict.fromkeys((HazardClosed, HazardLookBackPassed, HazardReopened), keep_look_backs),
    )
