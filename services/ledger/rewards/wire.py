"""Rewards put together: their routes."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.ledger.rewards.http import Deps, router
from services.ledger.settings import Settings
from services.ledger.tips.handlers.office import TipOffice


def wire(platform: Platform[Settings]) -> Part:
    """Return the rewards' part of the ledger."""
    office = TipOffice.on(platform)
    return Part(routers=[router(Deps(platform.database, office))], close=[office.vault.close] if office.vault else [])
