"""Who is told when a hazard is looked at again: not the enterprise, whom nobody warns (四不两直, DOMAIN §2 unannounced_visit)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.chassis.access.policy import Action, permits
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import CASE_STAFF, INTEGRATORS, TOWNSHIP
from services.ledger.hazards.model.looking_back import unannounced
from services.ledger.history.model import Record

# The county's own system may know: it plans such visits.
READ_AHEAD: Final = Action(
    "ledger.hazards.read-ahead", "查看隐患何时回头看及内部文书", roles=CASE_STAFF | TOWNSHIP | INTEGRATORS
)


def told_to(caller: Caller, records: Sequence[Record]) -> list[Record]:
    """Return a history as the caller is told it; its route names READ_AHEAD in `beside`."""
    return list(records) if permits(caller, READ_AHEAD) else [unannounced(record) for record in records]
