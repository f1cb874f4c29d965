"""Reading a hazard's clock with what stands beside it: its listings' clocks, all their alarms, and how far the ledger is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duban_contracts.events.types import HAZARD, LISTING
from services.chassis.storage.database import Connection
from services.scheduler.alarms import tables as alarm_table
from services.scheduler.alarms.model import Alarm
from services.scheduler.clocks.tables import listings as listing_table
from services.scheduler.clocks.tables.listings import ListingClock
from services.scheduler.freshness import tables as freshness


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is shown with a hazard's clock: its alarms in order, its listings' clocks, and the alarms of all of these."""

    alarms: list[Alarm]
    listings: list[ListingClock]
    listing_alarms: list[Alarm]
    applied_through: datetime | None


async def surroundings_of(connection: Connection, hazard_id: str) -> Surroundings:
    """Return what stands beside the clock of this hazard."""
    listings = await listing_table.of_hazard(connection, hazard_id)
    return Surroundings(
        alarms=await alarm_table.of_subject(connection, HAZARD, hazard_id),
        listings=listings,
        listing_alarms=await alarm_table.of_subjects(connection, LISTING, [each.about.id for each in listings]),
        applied_through=await freshness.applied_through(connection),
    )
