"""Referrals put together: their routes."""

from __future__ import annotations

from typing import Any

from services.chassis.access.acting import ActingDeps
from services.chassis.assembly import Part, Platform
from services.ledger.referrals.http import router


def wire(platform: Platform[Any]) -> Part:
    """Return the referrals' part of the ledger."""
    return Part(routers=[router(ActingDeps(platform.database, platform.clock, platform.city.rules.zone))])
