"""Keep the clocks of listings: apply what the ledger recorded of listed hazards to them and their alarms."""

from __future__ import annotations

from collections.abc import Sequence

from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import LISTING
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Alarm, AlarmKey, Cause
from services.scheduler.clocks.model.called_for import changes, turned
from services.scheduler.clocks.model.listings import advance, listing_of
from services.scheduler.clocks.model.policy import Policy
from services.scheduler.clocks.tables import listings as table
from services.scheduler.clocks.tables.listings import ListingClock


async def keep_listings(connection: Connection, deliveries: Sequence[Delivery], *, policy: Policy) -> None:
    """Apply events of listed hazards in their order; other records are passed over."""
    told = [
        (each.event, each.data, listing)
        for each in deliveries
        if isinstance(each.data, HazardEvent) and (listing := listing_of(each.data)) is not None
    ]
    if not told:
        return
    abouts = {listing.as_subject(event.hazard.hazard_id) for _, event, listing in told}
    clocks = await table.lock(connection, sorted(about.id for about in abouts))
    turning: set[str] = set()
    alarms: dict[AlarmKey, Alarm] = {}
    for envelope, event, listing in told:
        about = listing.as_subject(event.hazard.hazard_id)
        before = clocks[about.id].reckoning if about.id in clocks else None
        after = advance(before, event, version=envelope.aggregateversion or 0, days=policy.days)
        if after is None or after is before:
            continue
        cause = Cause(envelope.id, envelope.correlationid, envelope.traceparent)
        clocks[about.id] = ListingClock(after, listing, event.hazard, cause)
        if turned(before, after):
            turning.add(about.id)
        alarms |= {alarm.key: alarm for alarm in changes(before, after, about.number, policy, kind=LISTING)}
    await table.save(connection, list(clocks.values()))
    if turning:
        # Also those that only an edit of the calendar called for, which `changes` can't know.
        await alarm_table.forget_reminders(connection, LISTING, sorted(turning))
    await alarm_table.save(connection, list(alarms.values()))
