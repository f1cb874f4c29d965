"""A publisher that floods us with what can't be taken waits, alone, until somebody has spoken with it.

What is refused is answered and kept, and never counts to the limit that is meant for our own bugs. But a county whose
system sends the same wrong record a thousand times an hour fills tables and takes everybody's turn. So its partition is
held: nothing is lost, its records stand in Kafka, and all others are read on. An operator may pause a consumer in the same
way: then all of its partitions are held.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiokafka import TopicPartition

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection


@dataclass(frozen=True, slots=True)
class FloodLimit:
    """Hold a partition of which `count` records were refused within `within_seconds`."""

    count: int = 1000
    within_seconds: float = 3600


@dataclass(frozen=True, slots=True)
class Hold:
    """A partition that is left alone: since when (wall time), and after how many refusals."""

    consumer: str
    topic: str
    partition: int
    held_at: datetime
    refused: int

    @property
    def topic_partition(self) -> TopicPartition:
        """Return the partition as the client names it."""
        return TopicPartition(self.topic, self.partition)


_PARTITIONS: Final = Columns[TopicPartition]({"topic": "text", "partition": "integer"})
_PAUSE: Final = f"""
INSERT INTO partition_hold (consumer, topic, partition, refused, paused_by)
SELECT $1, topic, partition, 0, $2 FROM {_PARTITIONS.rows("wanted", first=3)}
    ON CONFLICT DO NOTHING RETURNING topic, partition
"""  # noqa: S608 - constants


async def hold_floods(
    connection: Connection, consumer: str, partitions: Collection[TopicPartition], limit: FloodLimit
) -> list[TopicPartition]:
    """Hold those of `partitions` from which too much was refused lately; return them. Counts anew after a resumption."""
    held = []
    for partition in sorted(partitions):
        hold = await connection.fetchval(
            """INSERT INTO partition_hold (consumer, topic, partition, refused)
               SELECT $1, $2, $3, count(*) FROM dead_letter
                WHERE consumer = $1 AND topic = $2 AND partition = $3 AND refused
                  AND created_at > greatest(
                      clock_timestamp() - make_interval(secs => $5),
                      (SELECT max(resumed_at) FROM partition_hold
                        WHERE consumer = $1 AND topic = $2 AND partition = $3))
               HAVING count(*) >= $4
               ON CONFLICT DO NOTHING RETURNING id""",
            consumer,
            partition.topic,
            partition.partition,
            limit.count,
            limit.within_seconds,
        )
        if hold is not None:
            held.append(partition)
    return held


async def open_holds(connection: Connection, consumer: str | None = None) -> list[Hold]:
    """Return what is held now, of one consumer or of all, oldest first."""
    rows = await connection.fetch(
        """SELECT consumer, topic, partition, held_at, refused FROM partition_hold
            WHERE resumed_at IS NULL AND ($1::text IS NULL OR consumer = $1) ORDER BY held_at""",
        consumer,
    )
    return [Hold(*row) for row in rows]


async def resume(connection: Connection, topics: Sequence[str], account: str) -> list[Hold]:
    """Let the consumers read these topics again (they notice within a second); return what was held."""
    rows = await connection.fetch(
        """UPDATE partition_hold SET resumed_at = clock_timestamp(), resumed_by = $2
            WHERE resumed_at IS NULL AND topic = ANY ($1::text[])
        RETURNING consumer, topic, partition, held_at, refused""",
        topics,
        account,
    )
    return [Hold(*row) for row in rows]


async def pause(
    connection: Connection, consumer: str, partitions: Collection[TopicPartition], account: str
) -> list[TopicPartition]:
    """Hold those of `partitions` that are read until `account`, or whoever, ends the pause; return them."""
    rows = await connection.fetch(_PAUSE, consumer, account, *_PARTITIONS.arguments(sorted(partitions)))
    return [TopicPartition(*row) for row in rows]


async def end_pause(connection: Connection, consumer: str, account: str) -> list[Hold]:
    """Let a paused consumer read again; what is held for another reason stays held. Return what was paused."""
    rows = await connection.fetch(
        """UPDATE partition_hold SET resumed_at = clock_timestamp(), resumed_by = $2
            WHERE resumed_at IS NULL AND consumer = $1 AND paused_by IS NOT NULL
        RETURNING consumer, topic, partition, held_at, refused""",
        consumer,
        account,
    )
    return [Hold(*row) for row in rows]
