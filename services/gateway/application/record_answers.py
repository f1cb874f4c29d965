"""Write what the ledger answered onto the receipts, also of events that a county wrote to its topic itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.gateway.domain.receipts import Answer, answer_of, standing

Record = Callable[[Connection, Sequence[Answer]], Awaitable[None]]
"""Writes answers, each receipt id once, in the caller's transaction."""


async def record_answers(connection: Connection, deliveries: Sequence[Delivery], *, record: Record) -> None:
    """Fold a batch of feedback events into the receipts; order of arrival makes no difference."""
    answers = (answer_of(delivery.data) for delivery in deliveries)
    await record(connection, standing(answer for answer in answers if answer is not None))
