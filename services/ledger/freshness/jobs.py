"""The heartbeat, about once a second."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import asyncpg

from services.chassis.publishing.broker_clock import BrokerClock, Measured
from services.chassis.storage.database import Database
from services.ledger.freshness import tables
from services.ledger.freshness.handlers import Freshness, beat

BEAT_SECONDS: Final = 1.0


class NoteBrokerClock:
    """Writes down what this process' relay measures of the brokers' clocks, for the instance that sends heartbeats."""

    def __init__(self, database: Database, broker_clock: BrokerClock) -> None:
        self._database = database
        self._broker_clock = broker_clock
        self._noted: Measured | None = None

    async def once(self) -> None:
        """Write the newest measurement, unless that is done; nothing where another instance publishes."""
        measured = self._broker_clock.last
        if measured is None or measured == self._noted:
            return
        async with self._database.transaction() as connection:
            await tables.note_broker_clock(connection, measured)
        self._noted = measured


async def beat_once(database: Database, *, freshness: Freshness) -> None:
    """Send a heartbeat if there is something new to say, and no command is in flight that takes long."""
    with suppress(asyncpg.LockNotAvailableError):
        async with database.transaction() as connection:
            await beat(connection, freshness=freshness)
