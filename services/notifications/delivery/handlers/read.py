"""Reading a letter's deliveries, for the slice that shows them with the letter."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.chassis.storage.database import Connection
from services.notifications.delivery.tables import reads

Rows = Sequence[asyncpg.Record]


async def deliveries_of(connection: Connection, letter_id: UUID) -> tuple[Rows, Rows]:
    """Return the rows of a letter's deliveries, and those of all their attempts, as `documents.with_history` takes them."""
    deliveries = await reads.of_letter(connection, letter_id)
    return deliveries, await reads.attempts_of(connection, [row["delivery_id"] for row in deliveries])
