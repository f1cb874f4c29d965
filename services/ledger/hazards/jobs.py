"""What is done about hazards a moment later: their words are read, their tallies added up."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Final

from services.chassis.assembly import Job, Platform
from services.chassis.process.clock import Clock
from services.chassis.process.periodic import breathe
from services.chassis.storage.database import Database
from services.ledger.hazards.tables import tallies, words

_READ_SECONDS: Final = 1.0
_ADD_SECONDS: Final = 5.0
# A batch locks for some 15 ms what is corrected meanwhile, and takes a core for as long.
_BATCH: Final = 50
# A backlog (after an upgrade, a flood) is worked off beside the commands and not before them.
_BATCHES: Final = 80


def reading(platform: Platform[Any]) -> Job:
    """Return the job that reads the words of what is unread every second."""
    return platform.every(_READ_SECONDS, partial(read_words, platform.database, platform.clock), name="words")


def adding_up(platform: Platform[Any]) -> Job:
    """Return the job that adds up tallies every five seconds."""
    return platform.every(_ADD_SECONDS, partial(add_up_tallies, platform.database), name="tallies")


async def read_words(database: Database, clock: Clock) -> None:
    """Read the words of up to 4,000 hazards, and take a breath between batches: whoever commits meanwhile waits for one at most."""
    for _ in range(_BATCHES):
        began = time.perf_counter()
        async with database.transaction() as connection:
            if await words.read_some(connection, _BATCH) < _BATCH:
                return
        await breathe(clock, began)


async def add_up_tallies(database: Database) -> None:
    """Add up what has changed since, and sweep behind it."""
    async with database.transaction() as connection:
        added = await tallies.add_up(connection)
    if added:
        async with database.acquire() as connection:
            await tallies.sweep(connection)
