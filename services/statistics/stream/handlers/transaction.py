"""What one transaction writes of a batch: records and counts, how far the partitions are, and dead letters."""

from __future__ import annotations

from collections.abc import Sequence

from services.chassis.consuming import dead_letters
from services.chassis.consuming.dead_letters import DeadLetterLimit
from services.chassis.storage.database import Connection
from services.statistics.books.model.changes import Counted
from services.statistics.books.tables import progress, records
from services.statistics.stream.handlers.booking import CONSUMER, Booking, progress_of


async def write(
    connection: Connection, batch: Sequence[Booking], *, topic_prefix: str, limit: DeadLetterLimit
) -> list[Counted]:
    """Write the batch in the caller's transaction and return the counts that are new.

    Raises DeadLetterLimitExceeded when the batch's dead letters are too many.
    """
    counted = await records.save(connection, [booking.change for booking in batch if booking.change is not None])
    await progress.save(connection, progress_of(batch))
    for booking in batch:
        if booking.letter is not None:
            await dead_letters.keep(connection, CONSUMER, topic_prefix, booking.letter)
            await dead_letters.check_limit(connection, CONSUMER, limit)
    return counted
