"""Taking away what is old enough. The rest of the chain still holds: it goes on behind an anchor."""

from __future__ import annotations

from datetime import timedelta

import asyncpg

from services.chassis.storage import trail
from services.chassis.storage.trail import Outcome, TrailRow
from services.chassis.trail import tables
from services.chassis.trail.model import KEPT_AT_LEAST

ACTION = "trail.prune"


class TooYoung(ValueError):
    """The trail is kept for 366 days at least."""


async def prune(connection: asyncpg.Connection[asyncpg.Record], *, keep: timedelta, account: str) -> int:
    """Take away what was sealed more than `keep` ago by the database's clock; return how many rows went.

    That it was done, and by whom, stands in the trail, too. Raises TooYoung for less than 366 days; the database would
    refuse it as well.
    """
    if keep < KEPT_AT_LEAST:
        raise TooYoung(f"the trail is kept for {KEPT_AT_LEAST.days} days at least")
    async with connection.transaction():
        gone = await tables.prune(connection, keep, account=account)
        if gone:
            now = await tables.now(connection)
            row = TrailRow(at=now, action=ACTION, outcome=Outcome.NOTED, account=account, times=gone)
            await trail.write(connection, [row])
    return gone
