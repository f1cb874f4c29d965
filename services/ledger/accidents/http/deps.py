"""What the routes of accidents share."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Response

from services.chassis.access.acting import Acting, ActingDeps
from services.chassis.storage.database import Connection
from services.chassis.web.documents import answer
from services.ledger.accidents import tables
from services.ledger.accidents.documents import AccidentDocument
from services.ledger.accidents.model import Accident
from services.ledger.hazards.handlers.journal import Ledger


@dataclass(frozen=True, slots=True)
class Deps(ActingDeps):
    """Dependencies of the routes."""

    ledger: Ledger
    counties: frozenset[str]


async def shown(connection: Connection, accident: Accident, acting: Acting, *, status: int = 200) -> Response:
    """Return an accident as HTTP answers with it: whole, with its version as ETag."""
    steps = await tables.histories(connection, [accident.accident_id])
    document = AccidentDocument.of(accident, steps[accident.accident_id], acting.today)
    return answer(document, status=status, version=accident.version)
