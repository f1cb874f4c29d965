"""Rewards put together: their routes."""

from __future__ import annotations

from services.chassis.assembly import Part, Platform
from services.ledger.rewards.http import Deps, router
from services.ledger.settings import Settings
from services.ledger.tips.handlers.desk import TipDesk


def wire(platform: Platform[Settings]) -> Part:
    """Return the rewards' part of the ledger."""
    desk = TipDesk.on(platform)
    return Part(routers=[router(Deps(platform.database, desk))], close=[desk.vault.close] if desk.vault else [])
