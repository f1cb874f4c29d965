"""The queue: due rows, their attempts, operators' decisions, closed endpoints."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.notifications.channels.model.answers import Answer, Away, Verdict
from services.notifications.delivery.model.delivery import Awaited, Decision, Delivery, DeliveryState
from services.notifications.delivery.model.pace import Due, Place
from services.notifications.delivery.model.rows import Attempt, NewDelivery, OpenDelivery

# "pace": two that begin attempts over a limited channel take turns.
_PACE_LOCK: Final = 0x7061_6365

_NEW: Final = Columns[NewDelivery](
    {
        "delivery_id": "uuid",
        "letter_id": "uuid",
        "channel": "text",
        "address": "text",
        "endpoint": "text",
        "number": "text",
        "addressee": "text",
        "county": "text",
        "township": "text",
        "sector": "text",
        "unit": "text",
        "enterprise": "text",
        "next_attempt_at": ("timestamptz", "due_at"),
        "pending_since": ("timestamptz", "due_at"),
    }
)

_PLACE: Final = Columns[Place](
    {"channel": ("text", lambda place: place[0]), "address": ("text", lambda place: place[1])}
)

_DUE: Final = f"""
    SELECT delivery_id, channel, address FROM delivery
     WHERE state = 'pending' AND next_attempt_at <= $1 AND (address IS NULL OR channel <> ALL($5))
       AND NOT EXISTS (SELECT FROM {_PLACE.rows("occupied", first=3)}
                        WHERE occupied.channel = delivery.channel AND occupied.address = delivery.address)
     ORDER BY next_attempt_at LIMIT $2 FOR UPDATE OF delivery SKIP LOCKED"""  # noqa: S608

_BEGIN: Final = """
    WITH begun AS (
        UPDATE delivery
           SET state = 'sending', attempts = attempts + 1, tries = tries + 1, next_attempt_at = NULL, lease_until = $3,
               away = NULL
         WHERE delivery_id = ANY($1::uuid[])
        RETURNING delivery_id, letter_id, attempts AS attempt, channel, address, endpoint
    ), recorded AS (
        INSERT INTO delivery_attempt (delivery_id, attempt, begun_at) SELECT delivery_id, attempt, $2 FROM begun
    )
    SELECT begun.*, closed_endpoint.closed_at IS NOT NULL AS endpoint_closed
      FROM begun LEFT JOIN closed_endpoint USING (channel, endpoint)"""


async def insert(connection: Connection, deliveries: Sequence[NewDelivery]) -> None:
    """Store new deliveries."""
    await connection.execute(_NEW.insert("delivery"), *_NEW.arguments(deliveries))


async def count_begun(connection: Connection, *, since: datetime, channels: Collection[str]) -> Mapping[Place, int]:
    """Count the attempts of these channels begun after `since` (wall time), by channel and address.

    Whoever counts is alone with it until its transaction ends, so that two do not use one place twice.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _PACE_LOCK)
    rows = await connection.fetch(
        """SELECT channel, address, count(*) AS attempts FROM delivery_attempt JOIN delivery USING (delivery_id)
            WHERE begun_at > $1 AND channel = ANY($2::text[]) AND address IS NOT NULL GROUP BY channel, address""",
        since,
        sorted(channels),
    )
    return {(row["channel"], row["address"]): row["attempts"] for row in rows}


async def anything_due(connection: Connection, now: datetime) -> bool:
    """Return whether a delivery is due, whoever may take it, or an attempt's lease ran out."""
    return bool(
        await connection.fetchval(
            """SELECT EXISTS (SELECT FROM delivery WHERE state = 'pending' AND next_attempt_at <= $1)
                   OR EXISTS (SELECT FROM delivery WHERE state = 'sending' AND lease_until <= $1)""",
            now,
        )
    )


async def lock_due(
    connection: Connection, *, now: datetime, limit: int, occupied: Collection[Place], resting: Sequence[str]
) -> Sequence[Due]:
    """Lock up to `limit` due deliveries that nobody else takes, oldest first; leave out `occupied` and `resting` channels."""
    rows = await connection.fetch(_DUE, now, limit, *_PLACE.arguments(sorted(occupied)), resting)
    return [Due(**dict(row)) for row in rows]


async def begin(
    connection: Connection, deliveries: Sequence[UUID], *, now: datetime, lease_until: datetime
) -> Sequence[Attempt]:
    """Begin these locked deliveries and return their attempts.

    The statement is the model's `begin` for many rows at once; a test holds the two together.
    """
    rows = await connection.fetch(_BEGIN, deliveries, now, lease_until)
    return [Attempt(**dict(row)) for row in rows]


async def expired(connection: Connection, now: datetime) -> Sequence[tuple[UUID, UUID]]:
    """Return (letter id, delivery id) of begun attempts whose lease ran out."""
    rows = await connection.fetch(
        "SELECT letter_id, delivery_id FROM delivery WHERE state = 'sending' AND lease_until <= $1", now
    )
    return [(row["letter_id"], row["delivery_id"]) for row in rows]


async def lock_all(connection: Connection, letter_id: UUID) -> Mapping[UUID, OpenDelivery]:
    """Lock all deliveries of a letter, in the order in which everybody locks them, and return them by id."""
    rows = await connection.fetch("SELECT * FROM delivery WHERE letter_id = $1 ORDER BY position FOR UPDATE", letter_id)
    return {row["delivery_id"]: open_delivery(row) for row in rows}


async def lock_with_siblings(connection: Connection, delivery_id: UUID) -> Mapping[UUID, OpenDelivery]:
    """Lock all deliveries of the letter that this one carries; empty when there is no such delivery."""
    letter_id = await connection.fetchval("SELECT letter_id FROM delivery WHERE delivery_id = $1", delivery_id)
    return {} if letter_id is None else await lock_all(connection, letter_id)


async def close_attempt(connection: Connection, delivery_id: UUID, attempt: int, answer: Answer, at: datetime) -> None:
    """Store the answer to an attempt; a late answer replaces `unknown`, nothing else."""
    await connection.execute(
        """UPDATE delivery_attempt SET ended_at = $3, verdict = $4, code = $5, detail = $6
            WHERE delivery_id = $1 AND attempt = $2 AND (verdict IS NULL OR verdict = $7)""",
        delivery_id,
        attempt,
        at,
        answer.verdict.value,
        answer.code,
        answer.detail,
        Verdict.UNKNOWN.value,
    )


async def store(connection: Connection, delivery_id: UUID, state: Delivery, now: datetime) -> None:
    """Store where a locked delivery stands; it waits anew since `now` if it was not waiting before."""
    awaited = state.awaited
    await connection.execute(
        """UPDATE delivery
              SET state = $2, attempts = $3, tries = $4, next_attempt_at = $5, code = $6, lease_until = NULL,
                  pending_since = CASE WHEN state IN ('failed', 'uncertain') THEN $7 ELSE pending_since END,
                  early = $8, away = $9, away_place = $10, away_at = $11
            WHERE delivery_id = $1""",
        delivery_id,
        state.state.value,
        state.attempts,
        state.tries,
        state.next_attempt_at,
        state.code,
        now,
        state.early,
        awaited and awaited.away.value,
        awaited and awaited.place,
        awaited and awaited.since,
    )


async def recall(connection: Connection, letter_id: UUID) -> None:
    """Note of all locked deliveries of a letter that they are never sent again."""
    await connection.execute("UPDATE delivery SET recalled = true WHERE letter_id = $1", letter_id)


async def set_aside(connection: Connection, delivery_id: UUID, attempt: int | None, code: str, now: datetime) -> None:
    """Leave a delivery in doubt whose attempt (None: the last one) can't be settled; nothing else is touched."""
    await connection.execute(
        """UPDATE delivery
              SET state = 'uncertain', code = $3, lease_until = NULL, next_attempt_at = NULL, pending_since = $4
            WHERE delivery_id = $1 AND state = 'sending' AND attempts = coalesce($2, attempts)""",
        delivery_id,
        attempt,
        code,
        now,
    )


async def close_endpoint(connection: Connection, channel: str, endpoint: str, at: datetime) -> None:
    """Remember that an endpoint of a channel wants no more messages."""
    await connection.execute(
        "INSERT INTO closed_endpoint (channel, endpoint, closed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        channel,
        endpoint,
        at,
    )


async def readdress(connection: Connection, delivery_id: UUID, *, channel: str, address: str, endpoint: str) -> None:
    """Store a delivery's new address, and forget that its endpoint was closed."""
    await connection.execute(
        "UPDATE delivery SET address = $2, endpoint = $3 WHERE delivery_id = $1", delivery_id, address, endpoint
    )
    await connection.execute("DELETE FROM closed_endpoint WHERE channel = $1 AND endpoint = $2", channel, endpoint)


async def decide(connection: Connection, delivery_id: UUID, decision: Decision, account: str, at: datetime) -> None:
    """Record an operator's decision."""
    await connection.execute(
        "INSERT INTO delivery_decision (delivery_id, decision, decided_by, decided_at) VALUES ($1, $2, $3, $4)",
        delivery_id,
        decision.value,
        account,
        at,
    )


def open_delivery(row: asyncpg.Record) -> OpenDelivery:
    """Return a locked row as the rules see it."""
    state = Delivery(
        channel=row["channel"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        tries=row["tries"],
        next_attempt_at=row["next_attempt_at"],
        code=row["code"],
        recalled=row["recalled"],
        early=row["early"],
        awaited=None if row["away"] is None else Awaited(Away(row["away"]), row["away_place"], row["away_at"]),
    )
    return OpenDelivery(
        delivery_id=row["delivery_id"],
        position=row["position"],
        letter_id=row["letter_id"],
        state=state,
        address=row["address"],
        endpoint=row["endpoint"],
        lease_until=row["lease_until"],
        pending_since=row["pending_since"],
        county=row["county"],
        unit=row["unit"],
    )
