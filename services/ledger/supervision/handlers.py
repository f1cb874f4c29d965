"""Taking note of 督办逾期 and of what became of letters (发文、送达、失败、签收)."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.notices import NoticeEvent
from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import HAZARD
from duban_contracts.refusals import Refusal
from services.chassis.storage.database import Connection
from services.ledger.hazards.handlers.journal import Journal, Ledger, writing
from services.ledger.hazards.model import HazardKey
from services.ledger.hazards.moves import SCHEDULER, MarkOverdue, decide
from services.ledger.supervision import tables
from services.ledger.supervision.tables import TimelineEntry

_log = structlog.get_logger(__name__)

Raised = tuple[CloudEvent, SupervisionOverdue]
"""An alarm of the scheduler with its envelope."""


async def mark_overdue(connection: Connection, raised: Sequence[Raised], *, ledger: Ledger) -> None:
    """Mark the hazards whose deadline passed, in the caller's transaction; what is stale or unknown changes nothing."""
    about_hazards = [(event, data) for event, data in raised if data.about.kind == HAZARD]
    if not about_hazards:
        return
    keys = {HazardKey.parse(data.about.id) for _, data in about_hazards}
    async with writing(connection, ledger=ledger, hazards=keys) as journal:
        for event, data in about_hazards:
            _mark(journal, event, data)


def _mark(journal: Journal, event: CloudEvent, data: SupervisionOverdue) -> None:
    hazard = journal.hazard(HazardKey.parse(data.about.id))
    if hazard is None:
        _log.warning("overdue of an unknown hazard", subject=data.about.id)
        return
    command = MarkOverdue(deadline_on=data.deadline_on, due_at=data.due_at)
    decision = decide(hazard, command, journal.stamp(SCHEDULER, hazard))
    if isinstance(decision, Refusal):
        _log.info("stale overdue", subject=hazard.hazard_id, state=hazard.state)
    else:
        journal.enter(decision, event)


async def keep_notices(connection: Connection, notices: Sequence[tuple[CloudEvent, NoticeEvent]]) -> None:
    """Keep what became of letters about hazards, in the caller's transaction."""
    entries = [
        TimelineEntry(data.about.id, event.id, event.type, data.occurred_at, event.data)
        for event, data in notices
        if data.about.kind == HAZARD
    ]
    if entries:
        await tables.append(connection, entries)
