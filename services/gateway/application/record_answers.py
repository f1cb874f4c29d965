"""Write what the ledger answered onto the receipts, also of events that a county wrote to its topic itself."""

from __future__ import annotations

from collections.abc import Sequence

from services.chassis.database import Connection
from services.chassis.records import Delivery
from services.gateway.adapters import receipt_table
from services.gateway.domain.receipts import answer_of, standing


async def record_answers(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Fold a batch of feedback events into the receipts; order of arrival makes no difference."""
    answers = (answer_of(delivery.data) for delivery in deliveries)
    await receipt_table.record(connection, standing(answer for answer in answers if answer is not None))
