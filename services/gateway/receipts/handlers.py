"""Write what the ledger answered onto the receipts, also of events that a county wrote to its topic itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import structlog

from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.after_commit import tell
from services.chassis.storage.counting import count
from services.chassis.storage.database import Connection, Database
from services.gateway import metrics
from services.gateway.receipts import tables
from services.gateway.receipts.model import Stamp, answer_of, is_misnamed, standing

_log = structlog.get_logger(__name__)


async def note_answers(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Fold a batch of feedback events into the receipts; order of arrival makes no difference.

    An answer whose receipt id is none is kept under the claim's place in the log, where its county finds it, and logged.
    Who waits for one of the receipts is told of its answer.
    """
    for each in deliveries:
        if is_misnamed(each.data):
            _log.error("an answer names no receipt", topic=each.record.topic, offset=each.record.offset)
            count(connection, metrics.MISNAMED_ANSWERS)
    answers = (answer_of(delivery.data) for delivery in deliveries)
    stand = standing(answer for answer in answers if answer is not None)
    await tables.record(connection, stand)
    for answer in stand:
        tell(connection, answer)


async def look(database: Database, receipt_ids: Collection[UUID]) -> Mapping[UUID, Stamp]:
    """Return how these receipts stand, for those who wait for a change."""
    async with database.acquire() as connection:
        return await tables.stamps(connection, receipt_ids)
