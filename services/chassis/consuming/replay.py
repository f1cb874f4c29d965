"""What is decided about dead letters: sent again as they were, or given up and stepped over; one or many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import asyncpg

from services.chassis.publishing import outbox
from services.chassis.publishing.outbox import Headers, OutboxMessage, pack_headers, unpack_headers
from services.chassis.publishing.producer import MOST_BYTES, bytes_of
from services.chassis.storage.database import Connection

_DROPPED: Final = "duban_dropped"

Decision = Literal["reinserted", "dropped"]


class TooLarge(ValueError):
    """A dead letter is larger than what the relay can send: it came from a producer with a wider bound."""

    def __init__(self, letter: int, size: int) -> None:
        super().__init__(f"dead letter {letter} has {size} bytes; at most {MOST_BYTES} can be sent")
        self.letter = letter
        self.size = size


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which held dead letters are meant; what is None doesn't narrow. They were kept from `since` to `before`."""

    ids: Sequence[int] | None = None
    consumer: str | None = None
    code: str | None = None
    topic: str | None = None
    before: datetime | None = None
    since: datetime | None = None


async def select(connection: Connection, wanted: Selection) -> list[int]:
    """Return the numbers of the held dead letters in a selection, oldest first."""
    rows = await connection.fetch(
        """SELECT id FROM dead_letter
            WHERE state = 'held' AND ($1::bigint[] IS NULL OR id = ANY ($1::bigint[]))
              AND ($2::text IS NULL OR consumer = $2) AND ($3::text IS NULL OR code = $3)
              AND ($4::text IS NULL OR topic = $4) AND ($5::timestamptz IS NULL OR created_at < $5)
              AND ($6::timestamptz IS NULL OR created_at >= $6)
            ORDER BY id""",
        wanted.ids,
        wanted.consumer,
        wanted.code,
        wanted.topic,
        wanted.before,
        wanted.since,
    )
    return [row["id"] for row in rows]


async def decide(
    connection: Connection,
    letters: Sequence[int],
    decision: Decision,
    account: str,
    *,
    done: Callable[[int], None] = lambda _: None,
) -> list[str]:
    """Reinsert or drop `letters` in the caller's transaction, in order; return their origins. All of them, or none.

    `done` is told how many are decided, as it goes. Raises LookupError when one isn't held, TooLarge when one can't be sent.
    """
    act = reinsert if decision == "reinserted" else drop
    origins = []
    for letter in letters:
        origins.append(await act(connection, letter, account))
        done(len(origins))
    return origins


async def reinsert(connection: Connection, letter_id: int, account: str) -> str:
    """Send a held dead letter to its topic again, as it was; return its origin. Raises LookupError if not held.

    Raises TooLarge where the relay could not send it: its row would hold back its topic in the outbox for good.
    """
    row = await _resolve(connection, letter_id, "reinserted", account)
    message = OutboxMessage(row["topic"], row["key"], row["value"], unpack_headers(row["headers"]), row["partition"])
    if (size := bytes_of(message)) > MOST_BYTES:
        raise TooLarge(letter_id, size)
    await outbox.append(connection, [message])
    return f"{row['topic']}/{row['partition']}/{row['offset']}"


async def drop(connection: Connection, letter_id: int, account: str) -> str:
    """Give a held dead letter up for good; its row and bytes stay. Raises LookupError if it isn't held.

    To a consumer that goes by versions, its version counts as applied: at once when it is the next one (what waits
    behind it is sent again), else as soon as those before it are applied.
    """
    row = await _resolve(connection, letter_id, "dropped", account)
    headers = dict(unpack_headers(row["headers"]))
    aggregate, version = headers.get("ce_subject"), headers.get("ce_aggregateversion")
    if aggregate is not None and version is not None and version.isdigit():
        await _step_over(connection, row, aggregate.decode(), int(version))
    return f"{row['topic']}/{row['partition']}/{row['offset']}"


async def _step_over(connection: Connection, letter: asyncpg.Record, aggregate: str, version: int) -> None:
    consumer: str = letter["consumer"]
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM aggregate_version WHERE consumer = $1)", consumer):
        return  # it goes by identities
    await connection.execute(
        "INSERT INTO aggregate_version (consumer, aggregate, version) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
        consumer,
        aggregate,
    )
    moved = await connection.fetchval(
        """UPDATE aggregate_version SET version = $3
            WHERE consumer = $1 AND aggregate = $2 AND version = $3 - 1 RETURNING version""",
        consumer,
        aggregate,
        version,
    )
    if moved is None:
        await _leave_tombstone(connection, letter, aggregate, version)
        return
    rows = await connection.fetch(
        "DELETE FROM parked_event WHERE consumer = $1 AND aggregate = $2 RETURNING *", consumer, aggregate
    )
    for row in rows:
        if is_tombstone(unpack_headers(row["headers"])):
            await _step_over(connection, row, aggregate, row["version"])
    await outbox.append(
        connection,
        [
            OutboxMessage(r["topic"], r["key"], r["value"], headers, r["partition"])
            for r in sorted(rows, key=lambda row: row["version"])
            if not is_tombstone(headers := unpack_headers(r["headers"]))
        ],
    )


async def _leave_tombstone(connection: Connection, letter: asyncpg.Record, aggregate: str, version: int) -> None:
    """Park a dropped event as one that does nothing when its turn comes."""
    await connection.execute(
        """INSERT INTO parked_event (consumer, aggregate, version, topic, partition, "offset", timestamp, key, value,
                                     headers)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, '', $9
            WHERE $3 > (SELECT version FROM aggregate_version WHERE consumer = $1 AND aggregate = $2)
               ON CONFLICT DO NOTHING""",
        letter["consumer"],
        aggregate,
        version,
        letter["topic"],
        letter["partition"],
        letter["offset"],
        letter["timestamp"],
        letter["key"],
        pack_headers([(_DROPPED, b"")]),
    )


def is_tombstone(headers: Headers) -> bool:
    """Return whether a parked event was dropped while it waited."""
    return any(name == _DROPPED for name, _ in headers)


async def _resolve(connection: Connection, letter_id: int, state: str, account: str) -> asyncpg.Record:
    row = await connection.fetchrow(
        """UPDATE dead_letter SET state = $2, resolved_at = clock_timestamp(), resolved_by = $3
            WHERE id = $1 AND state = 'held' RETURNING *""",
        letter_id,
        state,
        account,
    )
    if row is None:
        raise LookupError(f"dead letter {letter_id} is not held")
    return row
