"""Finding the hazard that a reader, or a command, names."""

from __future__ import annotations

from functools import partial

from services.chassis.access.reading import note_foreign, one_of
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Facts
from services.chassis.storage.database import Connection, Database
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables import register
from services.ledger.hazards.tables.register import facts_of


async def seen_hazard(database: Database, connection: Connection, name: str, caller: Caller) -> Hazard | None:
    """Return the hazard of this id or number as PostgreSQL shows it to the caller over `connection` (`database.reading`)."""
    return await one_of(database, connection, partial(register.one, key=HazardKey.parse(name)), facts_of, caller)


async def note_foreign_hazard(database: Database, key: HazardKey, caller: Caller) -> None:
    """Record a refusal if the hazard that was not shown to the caller is a foreign one."""
    await note_foreign(database, partial(register.one, key=key), facts_of, caller)


async def find_hazard(connection: Connection, name: str, caller: Caller) -> Hazard | None:
    """Return the hazard of this id or number if it exists for the caller; a foreign one is recorded as refused."""
    hazard = await register.one(connection, HazardKey.parse(name))
    return hazard if hazard is not None and caller.finds(facts_of(hazard)) else None


async def facts_by_id(connection: Connection, hazard_id: str) -> Facts | None:
    """Return what decides who may see the hazard of this id; None where there is none."""
    hazard = await register.one(connection, HazardKey(hazard_id=hazard_id))
    return None if hazard is None else facts_of(hazard)
