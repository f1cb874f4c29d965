"""The tables of the feed."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from services.chassis.storage.after_commit import tell
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.gateway.feed.model import End, Kept, Lengthened, numbered

_KEPT: Final = Columns[Kept]({"county": "text", "position": "bigint", "event": "bytea"})
# A county, and how many events more it is told or how far it has read.
_PLACES: Final = Columns[tuple[str, int]](
    {"county": ("text", operator.itemgetter(0)), "last": ("bigint", operator.itemgetter(1))}
)
_LENGTHEN: Final = f"""
{_PLACES.insert("feed_end AS known")}
    ON CONFLICT (county) DO UPDATE SET last = known.last + excluded.last RETURNING county, last"""
_KEEP: Final = _KEPT.insert("feed")
# One statement is one snapshot: nothing can be forgotten between reading the end and reading the events.
_READ: Final = """
SELECT ended.last, ended.forgotten, ended.since, told.position, told.event
  FROM feed_end AS ended
  LEFT JOIN LATERAL (
       SELECT position, event FROM feed
        WHERE county = ended.county AND position > coalesce($2, ended.forgotten) ORDER BY position LIMIT $3) AS told ON true
 WHERE ended.county = $1
 ORDER BY told.position"""
_ENDS: Final = "SELECT county, last FROM feed_end WHERE county = ANY ($1::text[])"
# In the same order as they are lengthened.
_LOCK: Final = "SELECT FROM feed_end ORDER BY county FOR UPDATE"
_FORGET: Final = """
WITH old AS (SELECT county, position FROM feed WHERE kept_at < $1 ORDER BY kept_at, county, position LIMIT $2),
     gone AS (DELETE FROM feed USING old WHERE feed.county = old.county AND feed.position = old.position
              RETURNING feed.county, feed.position),
     ended AS (UPDATE feed_end SET forgotten = greatest(forgotten, upto), since = greatest(since, $1)
                 FROM (SELECT county, max(position) AS upto FROM gone GROUP BY county) AS latest
                WHERE feed_end.county = latest.county)
SELECT count(*) FROM gone"""


async def append(connection: Connection, told: Sequence[tuple[str, bytes]]) -> None:
    """Put events (county, event) at the end of their counties' feeds, in order, in the caller's transaction.

    Who listens to commits is told how far each of these feeds goes now.
    """
    if not told:
        return
    # In the order of the counties, so that no two batches can deadlock.
    more = sorted(Counter(county for county, _ in told).items())
    rows = await connection.fetch(_LENGTHEN, *_PLACES.arguments(more))
    kept = numbered(told, {row["county"]: row["last"] for row in rows})
    await connection.execute(_KEEP, *_KEPT.arguments(kept))
    for row in rows:
        tell(connection, Lengthened(row["county"], row["last"]))


async def read(connection: Connection, county: str, after: int | None, limit: int) -> tuple[End, list[Kept]]:
    """Return where a county's feed ends and up to `limit` events after position `after`, or the oldest that are kept."""
    rows = await connection.fetch(_READ, county, after, limit)
    if not rows:
        return End(), []
    kept = [Kept(county, row["position"], row["event"]) for row in rows if row["position"] is not None]
    return End(rows[0]["last"], rows[0]["forgotten"], rows[0]["since"]), kept


async def ends(connection: Connection, counties: Collection[str]) -> dict[str, int]:
    """Return the newest position in each of these counties' feeds, where it has any."""
    return {row["county"]: row["last"] for row in await connection.fetch(_ENDS, counties)}


async def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` of the events kept before an instant, oldest first; return how many. In a transaction."""
    await connection.execute(_LOCK)
    gone: int = await connection.fetchval(_FORGET, before, limit)
    return gone
