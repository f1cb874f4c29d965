"""How far a consumer has applied what many publishers said, each on a topic of its own.

Whoever must not act before everything that was said by an instant is known asks here: `how_far`. A publisher that is
further behind than the others is named with an instant of its own, so that its trouble is nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from aiokafka import TopicPartition

from services.chassis.process.clock import Clock
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection

# The broker stamps a record before a reader can see it, and its clock is not ours: what it stamped up to a second
# before the end was seen may still have been on its way then. Wall time, whatever the pace of domain time.
MARGIN: Final = timedelta(seconds=1)
# Partitions that are no further apart than this share what is said of the slowest (`floor`; wall).
WITHIN: Final = timedelta(seconds=0.5)
# A publisher that is further behind the foremost one than this holds back nobody but itself (wall). The foremost one may have
# been told of as by `WITHIN` slower, so nobody waits for one that is 3 s behind.
PATIENCE: Final = timedelta(seconds=3) - WITHIN
# Before anything that a clock of ours will ever say: of a publisher with this instant nothing is known.
NOTHING_KNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Progress(NamedTuple):
    """The instant (wall time at the broker) up to which every record of a partition is applied by a consumer."""

    consumer: str
    topic: str
    partition: int
    applied_through: datetime


class Reading(NamedTuple):
    """`applied_through` holds for every publisher but those in `behind`, which have an earlier instant of their own."""

    applied_through: datetime
    behind: dict[str, datetime]

    def of(self, publisher: str) -> datetime:
        """Return the instant before which nothing that this publisher said is missing."""
        return self.behind.get(publisher, self.applied_through)


_COLUMNS: Final = Columns[Progress](
    {"consumer": "text", "topic": "text", "partition": "integer", "applied_through": "timestamptz"}
)
_NOTE: Final = _COLUMNS.upsert(
    "consumer_progress",
    ["consumer", "topic", "partition"],
    where="consumer_progress.applied_through < EXCLUDED.applied_through",
)


async def note(connection: Connection, applied_through: Mapping[TopicPartition, datetime], *, consumer: str) -> None:
    """Remember in the batch's transaction up to which broker time each of its partitions is applied; it never goes back.

    Of all that a member has, batch or none, `floor` tells for less.
    """
    progress = [Progress(consumer, tp.topic, tp.partition, at) for tp, at in applied_through.items()]
    await connection.execute(_NOTE, *_COLUMNS.arguments(sorted(progress)))


async def through(connection: Connection, consumer: str, topics: Sequence[str], partitions: int) -> dict[str, datetime]:
    """Return the instant (wall) up to which each topic is applied; one of which a partition is unknown is left out."""
    rows = await connection.fetch(
        """SELECT topic, min(greatest(known.applied_through, floor.applied_through)) AS applied_through
             FROM consumer_progress AS known LEFT JOIN consumer_floor AS floor ON floor.id = known.follows
            WHERE known.consumer = $1 AND topic = ANY($2::text[]) AND partition < $3
            GROUP BY topic HAVING count(*) = $3""",
        consumer,
        topics,
        partitions,
    )
    return {row["topic"]: row["applied_through"] for row in rows}


async def how_far(
    connection: Connection,
    consumer: str,
    topics: Mapping[str, str],
    *,
    partitions: int,
    clock: Clock,
    previous: datetime | None = None,
) -> Reading | None:
    """Return how far (domain time) the publishers of `topics` (by publisher) are known to `consumer`.

    See :func:`reckon` for `previous` and None.
    """
    wall = clock.wall()
    found = await through(connection, consumer, list(topics.values()), partitions)
    applied = {
        publisher: clock.at(min(found[topic], wall) - MARGIN) if topic in found else None
        for publisher, topic in topics.items()
    }
    return reckon(applied, previous=previous, patience=clock.at(wall) - clock.at(wall - PATIENCE))


def reckon(applied: Mapping[str, datetime | None], *, previous: datetime | None, patience: timedelta) -> Reading | None:
    """Return what can be said of the publishers in `applied` (each through its instant) together, or None.

    One is behind when nothing is known of it, when it is more than `patience` behind the foremost one, or when it stands
    before `previous`, what was said last: that one never goes back. None while nothing is known at all. One alone is
    never behind itself, so whoever catches up after an outage says so as it goes.
    """
    known = [instant for instant in applied.values() if instant is not None]
    if not known:
        return None
    least = max(max(known) - patience, previous or NOTHING_KNOWN)
    ready = [instant for instant in known if instant >= least]
    if not ready:
        return None
    behind = {
        publisher: instant or NOTHING_KNOWN
        for publisher, instant in applied.items()
        if instant is None or instant < least
    }
    return Reading(min(ready), behind)
