"""The book of listings put together: its route, and what the journal tells it."""

from __future__ import annotations

from typing import Any

from duban_contracts.events.hazards import HazardDelisted, HazardListed, HazardListingOverdue
from services.chassis.assembly import Part, Platform
from services.ledger.listings.handlers import keep_listings
from services.ledger.listings.http import Deps, router


def wire(platform: Platform[Any]) -> Part:
    """Return the listings' part of the ledger."""
    return Part(
        routers=[router(Deps(platform.database))],
        reactions=dict.fromkeys((HazardListed, HazardListingOverdue, HazardDelisted), keep_listings),
    )
