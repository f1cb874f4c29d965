"""Keeping what became of letters (发文、送达、失败、签收) in the hazard's timeline."""

from __future__ import annotations

from collections.abc import Sequence

from duban_contracts.events.notices import NoticeEvent
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.ledger.adapters import timeline
from services.ledger.adapters.timeline import TimelineEntry


async def keep_notices(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Keep the notices of the consumer `ledger.notices` in the caller's transaction."""
    entries = [
        TimelineEntry(d.data.hazard_id, d.event.id, d.event.type, d.data.occurred_at, d.event.data)
        for d in deliveries
        if isinstance(d.data, NoticeEvent)
    ]
    if entries:
        await timeline.append(connection, entries)
