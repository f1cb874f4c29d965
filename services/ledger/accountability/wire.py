"""Cases put together: their routes, and what the journal tells this slice."""

from __future__ import annotations

from typing import Any

from duban_contracts.events.accountability import HazardAccountabilityConcluded, HazardAccountabilityOpened
from duban_contracts.events.hazards import HazardReopened
from services.chassis.assembly import Part, Platform
from services.ledger.accountability.handlers import keep_cases, open_cases
from services.ledger.accountability.http import Deps, router
from services.ledger.hazards.handlers.journal import Ledger


def wire(platform: Platform[Any]) -> Part:
    """Return the cases' part of the ledger."""
    return Part(
        routers=[router(Deps(platform.database, Ledger.on(platform)))],
        reactions={
            HazardReopened: open_cases,
            HazardAccountabilityOpened: keep_cases,
            HazardAccountabilityConcluded: keep_cases,
        },
    )
