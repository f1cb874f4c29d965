"""What could not be processed: kept with its bytes, its reason and its origin, and counted (promise P7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from duban_contracts.topics import dead_letter_topic
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.consuming.errors import DeadLetterLimitExceeded
from services.chassis.publishing import outbox
from services.chassis.publishing.outbox import OutboxMessage, pack_headers
from services.chassis.storage.columns import Columns
from services.chassis.storage.counting import count
from services.chassis.storage.database import Connection
from services.chassis.telemetry import metrics

_COPIED_BYTES: Final = 900_000
_REASON_LENGTH: Final = 2000


@dataclass(frozen=True, slots=True)
class DeadLetterLimit:
    """Stop the consumer when `count` events failed within `within_seconds` of each other and are still held."""

    count: int = 100
    within_seconds: float = 3600


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Why a record is kept. `refused` marks malformed input from outside, which doesn't count to the limit."""

    record: RawRecord
    code: str
    reason: str
    attempts: int = 1
    refused: bool = False


_COLUMNS: Final = Columns[DeadLetter](
    {
        "topic": ("text", "record.topic"),
        "partition": ("integer", "record.partition"),
        "offset": ("bigint", "record.offset"),
        "timestamp": ("timestamptz", "record.timestamp"),
        "key": ("bytea", "record.key"),
        "value": ("bytea", "record.value"),
        "headers": ("bytea", lambda letter: pack_headers(letter.record.headers)),
        "code": "text",
        "reason": "text",
        "refused": "boolean",
        "attempts": "integer",
    }
)
_INSERT: Final = f"""
INSERT INTO dead_letter (consumer, {_COLUMNS.names})
SELECT $1, {_COLUMNS.names} FROM {_COLUMNS.rows("letter", first=2)} ORDER BY topic, partition, "offset"
    ON CONFLICT (consumer, topic, partition, "offset") DO NOTHING RETURNING topic, partition, "offset"
"""  # noqa: S608 - constants


async def keep(connection: Connection, consumer: str, topic_prefix: str, letter: DeadLetter) -> None:
    """Keep one dead letter in the table and, through the outbox, in the consumer's dead-letter topic; it counts then."""
    if await write(connection, consumer, topic_prefix, letter):
        count(connection, metrics.DEAD_LETTERS.labels(consumer, letter.code))


async def write(connection: Connection, consumer: str, topic_prefix: str, letter: DeadLetter) -> bool:
    """Write one dead letter to the table and the outbox, uncounted; return False when it was there already."""
    return bool(await write_all(connection, consumer, topic_prefix, [letter]))


async def write_all(
    connection: Connection, consumer: str, topic_prefix: str, letters: Sequence[DeadLetter]
) -> Collection[str]:
    """Write dead letters (each place once) to the table and the outbox, uncounted; return the origins of the new ones."""
    rows = await connection.fetch(_INSERT, consumer, *_COLUMNS.arguments(letters))
    kept = {f"{row['topic']}/{row['partition']}/{row['offset']}" for row in rows}
    topic = dead_letter_topic(consumer, topic_prefix)
    await outbox.append(connection, [_copy(topic, letter) for letter in letters if letter.record.origin in kept])
    return kept


def _copy(topic: str, letter: DeadLetter) -> OutboxMessage:
    """Return a letter as it stands in the consumer's dead-letter topic."""
    record = letter.record
    headers = [
        *record.headers,
        ("duban_origin", record.origin.encode()),
        ("duban_code", letter.code.encode()),
        ("duban_reason", letter.reason[:_REASON_LENGTH].encode(errors="replace")),
        ("duban_attempts", str(letter.attempts).encode()),
    ]
    # With our headers a record of the broker's greatest size would be too large for it, and stop the relay for good.
    value = record.value if record.size <= _COPIED_BYTES else None
    if value is not record.value:
        headers.append(("duban_value", b"in the table only"))
    return OutboxMessage(topic, record.key, value, headers)


async def check_limit(connection: Connection, consumer: str, limit: DeadLetterLimit) -> None:
    """Raise DeadLetterLimitExceeded when too many events failed together; refused input does not count.

    It is raised until some of them are reinserted or dropped; that time goes by decides nothing.
    """
    if await _exceeds(connection, consumer, limit):
        raise DeadLetterLimitExceeded(
            f"{consumer}: {limit.count} events failed within {limit.within_seconds:.0f} s; "
            f"look at them with `duban dead-letters list`, then reinsert or drop them"
        )


async def _exceeds(connection: Connection, consumer: str, limit: DeadLetterLimit) -> bool:
    return bool(
        await connection.fetchval(
            """SELECT count(*) = $2 AND max(created_at) - min(created_at) <= make_interval(secs => $3)
                 FROM (SELECT created_at FROM dead_letter
                        WHERE consumer = $1 AND state = 'held' AND NOT refused
                        ORDER BY created_at DESC LIMIT $2) AS newest""",
            consumer,
            limit.count,
            limit.within_seconds,
        )
    )


async def incomplete_aggregates(connection: Connection, consumer: str) -> list[str]:
    """Return the aggregates whose history has a gap at `consumer`: an event is parked, or was given up and is held."""
    rows = await connection.fetch(
        """SELECT DISTINCT convert_to(aggregate, 'UTF8') AS key FROM parked_event WHERE consumer = $1
           UNION
           SELECT key FROM dead_letter WHERE consumer = $1 AND state = 'held' AND key IS NOT NULL""",
        consumer,
    )
    return [row["key"].decode(errors="replace") for row in rows]


async def held_since(connection: Connection, consumer: str) -> dict[str, datetime]:
    """Return by topic when the broker took (wall) the first of what `consumer` gave up and nobody has decided about."""
    rows = await connection.fetch(
        """SELECT topic, min("timestamp") AS since FROM dead_letter
            WHERE consumer = $1 AND state = 'held' AND NOT refused GROUP BY topic""",
        consumer,
    )
    return {row["topic"]: row["since"] for row in rows}


async def report(connection: Connection, consumer: str, limit: DeadLetterLimit | None = None) -> None:
    """Refresh the gauges of what `consumer` gave up, whether it stands still for it, and of parked events.

    What it refused was answered already.
    """
    counted = await connection.fetchrow(
        """SELECT (SELECT count(*) FROM dead_letter WHERE consumer = $1 AND state = 'held' AND NOT refused),
                  (SELECT count(*) FROM parked_event WHERE consumer = $1)""",
        consumer,
    )
    held, parked = counted or (0, 0)
    halted = held > 0 and await _exceeds(connection, consumer, limit or DeadLetterLimit())
    metrics.DEAD_LETTERS_HELD.labels(consumer).set(held)
    metrics.CONSUMER_HALTED.labels(consumer).set(halted)
    metrics.PARKED_EVENTS.labels(consumer).set(parked)
