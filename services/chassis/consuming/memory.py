"""How long a service remembers which events it took in, and what it refused: `DUBAN_MEMORY_DAYS`, and why that is enough.

A county's topic keeps a record for 400 days, so none comes again that is older. An id is remembered for longer, and whoever uses it
again after that says something new. The platform's own topics keep everything. So that a group that is put back to their
beginning does nothing twice, a consumer that has forgotten ids notes since when it remembers them: what the broker took before is
taken in. That would be untrue of a record that had waited for more than a year, and for as long an alert had fired for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from duban_contracts.topics import REMEMBERED_DAYS
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection, Database
from services.chassis.storage.forgetting import in_rounds

# A record's time is the broker's or its publisher's, a row's the database's; and it was taken in a while after it came.
_APART: Final = timedelta(days=1)
# By ctid: the rows of an age stand together in the table, and nowhere near each other in its key, which is a digest.
_FORGET_IDS: Final = """
WITH gone AS (DELETE FROM inbox WHERE ctid = ANY (ARRAY (
                     SELECT ctid FROM inbox WHERE claimed_at < now() - $1::interval
                      ORDER BY claimed_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING consumer),
     noted AS (INSERT INTO inbox_since AS known (consumer, since)
               SELECT consumer, now() - $1::interval + $3::interval FROM gone GROUP BY consumer ORDER BY consumer
                   ON CONFLICT (consumer) DO UPDATE SET since = greatest(known.since, excluded.since))
SELECT count(*) FROM gone"""
_FORGET_LETTERS: Final = """
WITH gone AS (DELETE FROM dead_letter WHERE id IN (
                     SELECT id FROM dead_letter
                      WHERE (refused OR state <> 'held') AND created_at < now() - $1::interval
                      ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id)
SELECT count(*) FROM gone"""


async def forget_ids(database: Database, *, keep: timedelta) -> int:
    """Delete the ids of events that were taken in more than `keep` ago (wall time); return how many."""

    async def some(connection: Connection, limit: int) -> int:
        gone: int = await connection.fetchval(_FORGET_IDS, keep, limit, _APART)
        return gone

    return await in_rounds(database, some)


async def forget_letters(database: Database, *, keep: timedelta) -> int:
    """Delete dead letters that were kept more than `keep` ago (wall time) and owe nobody anything; return how many.

    Those are what was refused, and answered at once, and what somebody has decided about. What is held for somebody to
    decide stays, however old (promise P7).
    """

    async def some(connection: Connection, limit: int) -> int:
        gone: int = await connection.fetchval(_FORGET_LETTERS, keep, limit)
        return gone

    return await in_rounds(database, some)


async def remembered(
    connection: Connection, consumer: str, deliveries: Sequence[Delivery], wall: datetime
) -> Sequence[Delivery]:
    """Return those of `deliveries` whose ids `consumer` would still know; the others it took in and has forgotten.

    Of what is young, as nearly everything is, nothing is asked.
    """
    young = wall - timedelta(days=REMEMBERED_DAYS) + _APART
    if all(each.timestamp >= young for each in deliveries):
        return deliveries
    since: datetime | None = await connection.fetchval("SELECT since FROM inbox_since WHERE consumer = $1", consumer)
    return deliveries if since is None else [each for each in deliveries if each.timestamp >= since]
