"""The progress of partitions that keep step, said by one row in place of one for each.

Of a city's 300 topics that nobody writes to, each reaches the same instant once a second. To write that into 300 rows, for each of two
consumers, was 6.4 of the 7.3 GB of WAL that such a city wrote a day (measured 2026-11-26, docs/scale.md). So a member of the group
says one instant, its floor, and the rows of its partitions follow that. A row is written when it begins or ceases to follow, and
while its partition is further behind. What is known of a partition is the greater of the two, and both stay true once they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from aiokafka import TopicPartition

from services.chassis.consuming.progress import NOTHING_KNOWN, WITHIN
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection

# A member that is gone says nothing more; its floor goes, too, once no row follows it.
_GONE_AFTER: Final = timedelta(hours=1)


class Standing(NamedTuple):
    """What stands in a partition's row: its own instant, whose floor it follows, and that floor (wall); None: nobody's."""

    applied_through: datetime
    follows: UUID | None = None
    floor: datetime | None = None

    @property
    def known(self) -> datetime:
        """Return up to when (wall) the partition is known to be applied."""
        return max(self.applied_through, self.floor or NOTHING_KNOWN)


class Row(NamedTuple):
    """A row as it has to stand from now on."""

    consumer: str
    topic: str
    partition: int
    applied_through: datetime
    follows: UUID | None


class Said(NamedTuple):
    """What is to be written: the rows that change, and the member's floor; None where none was ever said."""

    rows: list[Row]
    floor: datetime | None


def reckon(
    standing: Mapping[TopicPartition, Standing],
    applied_through: Mapping[TopicPartition, datetime],
    *,
    consumer: str,
    member: UUID,
    floor: datetime | None,
) -> Said:
    """Return what `member` has to write so that exactly what is in `applied_through` is known of its partitions.

    `standing` holds every row of the consumer and `floor` the last one of this member (wall). Its rows may follow it only while
    they are in `applied_through` and have reached the new floor: what another member reads by now is let go at the old one.
    """
    least = max(max(applied_through.values()) - WITHIN, floor or NOTHING_KNOWN)
    in_step = [instant for instant in applied_through.values() if instant >= least]
    rows = []
    for partition, instant in applied_through.items():
        row = standing.get(partition)
        follows = member if instant >= least else None
        known = row.known if row else NOTHING_KNOWN
        if row is None or row.follows != follows or (follows is None and known < instant):
            rows.append(Row(consumer, partition.topic, partition.partition, max(known, instant), follows))
    for partition, row in standing.items():
        if row.follows == member and partition not in applied_through:
            rows.append(Row(consumer, partition.topic, partition.partition, row.known, None))
    return Said(sorted(rows, key=lambda row: row[:3]), min(in_step, default=floor))


_COLUMNS: Final = Columns[Row](
    {"consumer": "text", "topic": "text", "partition": "integer", "applied_through": "timestamptz", "follows": "uuid"}
)
_WRITE: Final = (
    _COLUMNS.insert("consumer_progress")
    + """ ON CONFLICT (consumer, topic, partition) DO UPDATE
             SET applied_through = greatest(consumer_progress.applied_through, EXCLUDED.applied_through),
                 follows = EXCLUDED.follows"""
)


class Floor:
    """One process' member of a consumer's group, and what it says of all its partitions."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._member = uuid4()

    async def note(self, connection: Connection, applied_through: Mapping[TopicPartition, datetime]) -> None:
        """Remember up to which broker time (wall) each partition that this member has is applied.

        All in one transaction: rows cease to follow before the floor rises. What is not in `applied_through` is not this
        member's, or not known. It never goes back.
        """
        floor = await connection.fetchval("SELECT applied_through FROM consumer_floor WHERE id = $1", self._member)
        if floor is None:
            await _forget(connection, self._consumer, max(applied_through.values()) - _GONE_AFTER)
        standing = await _standing(connection, self._consumer)
        said = reckon(standing, applied_through, consumer=self._consumer, member=self._member, floor=floor)
        if said.rows:
            await connection.execute(_WRITE, *_COLUMNS.arguments(said.rows))
        if said.floor != floor:
            await connection.execute(
                """INSERT INTO consumer_floor (id, consumer, applied_through) VALUES ($1, $2, $3)
                   ON CONFLICT (id) DO UPDATE SET applied_through = EXCLUDED.applied_through""",
                self._member,
                self._consumer,
                said.floor,
            )


async def _standing(connection: Connection, consumer: str) -> dict[TopicPartition, Standing]:
    rows = await connection.fetch(
        """SELECT known.topic, known.partition, known.applied_through, known.follows, floor.applied_through AS floor
             FROM consumer_progress AS known LEFT JOIN consumer_floor AS floor ON floor.id = known.follows
            WHERE known.consumer = $1""",
        consumer,
    )
    return {TopicPartition(topic, partition): Standing(*rest) for topic, partition, *rest in rows}


async def _forget(connection: Connection, consumer: str, before: datetime) -> None:
    await connection.execute(
        """DELETE FROM consumer_floor AS floor WHERE consumer = $1 AND applied_through < $2
              AND NOT EXISTS (SELECT FROM consumer_progress AS known WHERE known.follows = floor.id)""",
        consumer,
        before,
    )
