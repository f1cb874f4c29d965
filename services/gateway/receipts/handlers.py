"""Write what the ledger answered onto the receipts, also of events that a county wrote to its topic itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import structlog

from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection, Database
from services.gateway import metrics
from services.gateway.receipts import tables
from services.gateway.receipts.model import answer_of, is_misnamed, standing

_log = structlog.get_logger(__name__)


async def note_answers(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Fold a batch of feedback events into the receipts; order of arrival makes no difference.

    An answer whose receipt id is none is kept under the claim's place in the log, where its county finds it, and told.
    """
    for each in deliveries:
        if is_misnamed(each.data):
            _log.error("an answer names no receipt", topic=each.record.topic, offset=each.record.offset)
            metrics.MISNAMED_ANSWERS.inc()
    answers = (answer_of(delivery.data) for delivery in deliveries)
    await tables.record(connection, standing(answer for answer in answers if answer is not None))


async def answered(database: Database, receipt_ids: Collection[UUID]) -> Collection[UUID]:
    """Return those of these receipts that nobody need wait for any longer."""
    async with database.acquire() as connection:
        return await tables.final(connection, receipt_ids)
