"""Keep the book: what becomes of listings is written in the transaction of the move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duban_contracts.events.hazards import HazardDelisted, HazardListed, HazardListingOverdue
from services.chassis.publishing.unit_of_work import Change, UnitOfWork
from services.chassis.storage.database import Connection
from services.ledger.listings import tables


async def keep_listings(connection: Connection, _: UnitOfWork[Any], changes: Sequence[Change[Any]]) -> None:
    """Write what these changes say of listings; a listing has each of its events once, in the order of this list."""
    said = [change.data for change in changes]
    await tables.open_entries(connection, [data for data in said if isinstance(data, HazardListed)])
    await tables.note_overdue(connection, [data for data in said if isinstance(data, HazardListingOverdue)])
    await tables.close_entries(connection, [data for data in said if isinstance(data, HazardDelisted)])
