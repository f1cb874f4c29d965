"""Keep the book: what becomes of stop orders is written in the transaction of the move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duban_contracts.events.stops import EnterpriseResumed, EnterpriseStopped
from services.chassis.publishing.unit_of_work import Change, UnitOfWork
from services.chassis.storage.database import Connection
from services.ledger.stop_orders import tables


async def keep_orders(connection: Connection, _: UnitOfWork[Any], changes: Sequence[Change[Any]]) -> None:
    """Write what these changes say of stop orders; an order is given once, and lifted once behind that."""
    said = [change.data for change in changes]
    await tables.give(connection, [data for data in said if isinstance(data, EnterpriseStopped)])
    await tables.lift(connection, [data for data in said if isinstance(data, EnterpriseResumed)])
