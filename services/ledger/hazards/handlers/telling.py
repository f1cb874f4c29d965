"""Who is told when a hazard is looked at again: not the enterprise, whom nobody warns (四不两直, DOMAIN §2 unannounced_visit)."""

from __future__ import annotations

from typing import Final

from services.chassis.access.policy import Action, permits
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, INTEGRATORS, TOWNSHIP
from services.chassis.storage.database import Connection
from services.ledger.hazards.model.looking_back import unannounced
from services.ledger.history.model import Record
from services.ledger.history.tables import records

# The county's own system may know: it plans such visits.
READ_AHEAD: Final = Action(
    "ledger.hazards.read-ahead", "查看隐患何时回头看及内部文书", roles=CASE_STAFF | TOWNSHIP | INTEGRATORS
)


async def history_told(connection: Connection, hazard_id: str, caller: Caller) -> list[Record]:
    """Return a hazard's history as the caller is told it, oldest first; its route names READ_AHEAD in `beside`."""
    found = await records.of_subject(connection, hazard_id)
    return found if permits(caller, READ_AHEAD) else [unannounced(record) for record in found]
