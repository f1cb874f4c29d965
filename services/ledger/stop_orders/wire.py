"""The book of stop orders put together: its routes, and what the journal tells it."""

from __future__ import annotations

from typing import Any

from duban_contracts.events.stops import EnterpriseResumed, EnterpriseStopped
from services.chassis.access.acting import ActingDeps
from services.chassis.assembly import Part, Platform
from services.ledger.stop_orders.handlers import keep_orders
from services.ledger.stop_orders.http import router


def wire(platform: Platform[Any]) -> Part:
    """Return the stop orders' part of the ledger."""
    return Part(
        routers=[router(ActingDeps(platform.database, platform.clock, platform.city.zone))],
        reactions=dict.fromkeys((EnterpriseStopped, EnterpriseResumed), keep_orders),
    )
