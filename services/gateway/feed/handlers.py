"""Keep what each county is told, read it back in order, and forget it after its time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from duban_contracts.cloudevents import CloudEvent, to_structured
from services.chassis.consuming.deliveries import Delivery
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.chassis.storage.forgetting import in_rounds
from services.gateway.feed import tables
from services.gateway.feed.model import Stretch
from services.gateway.receipts.handlers import note_answers


@dataclass(frozen=True, slots=True)
class Feeds:
    """The feeds of all counties. `county_of` names the county of each feedback topic; events are kept for `days`."""

    database: Database
    clock: Clock
    county_of: Mapping[str, str]
    days: int

    async def take_in(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        """Keep a batch of feedback events, and note the answers among them, in the caller's transaction."""
        await note_answers(connection, deliveries)
        told = [(self.county_of[each.record.topic], written(each.event)) for each in deliveries]
        await tables.append(connection, told)

    async def after(self, county: str, position: int | None, limit: int) -> Stretch | None:
        """Return up to `limit` events of a county after `position`, or None when what followed it is not all kept."""
        async with self.database.acquire() as connection:
            end, events = await tables.read(connection, county, position, limit)
        start = end.start(position)
        if start is None:
            return None
        return Stretch(events, events[-1].position if events else start, end.since)

    async def ends(self, counties: Collection[str]) -> Mapping[str, int]:
        """Return the newest position in each of these counties' feeds, for those who wait for the next."""
        async with self.database.acquire() as connection:
            return await tables.ends(connection, counties)

    async def forget(self) -> None:
        """Delete what was kept for its time."""
        before = self.clock.wall() - timedelta(days=self.days)
        await in_rounds(self.database, lambda connection, limit: tables.forget(connection, before, limit))


def written(event: CloudEvent) -> bytes:
    """Return an event as one line of JSON in CloudEvents' structured mode."""
    return msgspec.json.format(msgspec.json.encode(to_structured(event)), indent=-1)
