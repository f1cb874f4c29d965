"""The ways in from Kafka: the scheduler's alarms, and what becomes of letters."""

from __future__ import annotations

from collections.abc import Sequence

from duban_contracts.events.notices import NoticeEvent
from duban_contracts.events.supervision import SupervisionOverdue
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.ledger.hazards.handlers.journal import Ledger
from services.ledger.supervision.handlers import keep_notices, mark_overdue


async def apply_supervision(connection: Connection, deliveries: Sequence[Delivery], *, ledger: Ledger) -> None:
    """Take the consumer `ledger.supervision`'s batch: 督办逾期 marks hazards, the rest is not the ledger's."""
    raised = [(d.event, d.data) for d in deliveries if isinstance(d.data, SupervisionOverdue)]
    await mark_overdue(connection, raised, ledger=ledger)


async def apply_notices(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Take the consumer `ledger.notices`' batch."""
    await keep_notices(connection, [(d.event, d.data) for d in deliveries if isinstance(d.data, NoticeEvent)])
