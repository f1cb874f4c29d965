"""Finding the hazard that a reader names."""

from __future__ import annotations

from services.chassis.access.refusals import Caller
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables import register
from services.ledger.hazards.tables.register import facts_of


async def find_hazard(connection: Connection, name: str, caller: Caller) -> Hazard | None:
    """Return the hazard of this id or number if it exists for the caller; a foreign one is recorded as refused."""
    hazard = await register.one(connection, HazardKey.parse(name))
    return hazard if hazard is not None and caller.finds(facts_of(hazard)) else None
