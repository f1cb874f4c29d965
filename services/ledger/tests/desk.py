"""The ledger's handlers on a real database, called as the consumer loop calls them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import to_kafka
from duban_contracts.topics import claims_topic
from services.chassis.consuming.deliveries import Delivery, RawRecord
from services.chassis.storage.database import Database
from services.ledger.application.commands import ExecuteCommand
from services.ledger.application.take_claims import TakeClaims
from services.ledger.tests.world import HOME, envelope


@dataclass
class Desk:
    """Takes claims straight into the database, each batch in a transaction of its own."""

    database: Database
    claims: TakeClaims
    execute: ExecuteCommand
    offsets: itertools.count[int] = field(default_factory=itertools.count)

    def deliveries(self, *claims: EventData, county: str = HOME) -> list[Delivery]:
        found = []
        for claim in claims:
            event = envelope(claim, county=county)
            key, value, headers = to_kafka(event)
            record = RawRecord(claims_topic(county), 0, next(self.offsets), datetime.now(UTC), key, value, headers)
            found.append(Delivery(record, event, claim))
        return found

    async def take(self, *claims: EventData, county: str = HOME) -> None:
        async with self.database.transaction() as connection:
            await self.claims.apply(connection, self.deliveries(*claims, county=county))
