"""Every report of a hazard: its own, and those that were merged into it."""

from __future__ import annotations

from services.chassis.access.scope import Scope
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.tables import register


async def reports_of(connection: Connection, hazard: Hazard, scope: Scope) -> list[Hazard]:
    """Return the hazard, and after it those of its sources that lie in `scope`, in the order in which they came."""
    others = await register.sources(connection, hazard.hazard_id) if hazard.source_count else []
    return [hazard, *(each for each in others if scope.covers(register.facts_of(each)))]
