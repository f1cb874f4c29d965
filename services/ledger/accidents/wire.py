"""Accidents put together: their routes."""

from __future__ import annotations

from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.accidents.handlers import Accidents
from services.ledger.accidents.http import Deps, router


def wire(platform: Platform[Any]) -> Part:
    """Return the accidents' part of the ledger."""
    rules = platform.city.rules
    accidents = Accidents(rules, platform.settings.topic_prefix)
    return Part(routers=[router(Deps(platform.database, platform.clock, rules.zone, accidents))])
