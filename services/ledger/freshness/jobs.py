"""The heartbeat, about once a second."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import asyncpg

from services.chassis.storage.database import Database
from services.ledger.freshness.handlers import Freshness, beat

BEAT_SECONDS: Final = 1.0


async def beat_once(database: Database, *, freshness: Freshness) -> None:
    """Send a heartbeat if there is something new to say, and no command is in flight that takes long."""
    with suppress(asyncpg.LockNotAvailableError):
        async with database.transaction() as connection:
            await beat(connection, freshness=freshness)
