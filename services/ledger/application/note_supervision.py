"""Noting 督办逾期: the scheduler says that a deadline passed, the ledger marks the hazard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from duban_contracts.events.supervision import SupervisionOverdue
from duban_contracts.events.types import Actor
from services.chassis.consuming.deliveries import Delivery
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection
from services.ledger.adapters import hazards, locks
from services.ledger.application.journal import Journal
from services.ledger.domain.authority import SYSTEM
from services.ledger.domain.commands import MarkOverdue
from services.ledger.domain.decisions import Stamp, decide
from services.ledger.domain.refusals import Refusal

_log = structlog.get_logger(__name__)

SCHEDULER: Final = Actor(account="scheduler", role=SYSTEM)


class NoteSupervision:
    """Applies batches of the consumer `ledger.supervision`; what is stale changes nothing."""

    def __init__(self, clock: Clock, topic_prefix: str) -> None:
        self._clock = clock
        self._prefix = topic_prefix

    async def apply(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        """Mark hazards overdue in the caller's transaction."""
        raised = [(d, d.data) for d in deliveries if isinstance(d.data, SupervisionOverdue)]
        wanted = sorted({data.hazard.hazard_id for _, data in raised if _is_uuid(data.hazard.hazard_id)})
        if not wanted:
            return
        await locks.share_history(connection)
        entries = await hazards.lock(connection, wanted)
        journal = Journal(self._clock.now(), self._prefix, entries.values())
        current = {hazard_id: entry.hazard for hazard_id, entry in entries.items()}
        for delivery, data in raised:
            hazard = current.get(data.hazard.hazard_id)
            if hazard is None:
                _log.warning("overdue of an unknown hazard", hazard_id=data.hazard.hazard_id)
                continue
            command = MarkOverdue(deadline_on=data.deadline_on, due_at=data.due_at)
            decision = decide(hazard, command, Stamp(SCHEDULER, journal.at_for(hazard)))
            if isinstance(decision, Refusal):
                _log.info("stale overdue", hazard_id=hazard.hazard_id, state=hazard.state)
            else:
                current[hazard.hazard_id] = journal.record(decision, delivery.event)
        await journal.write(connection)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
