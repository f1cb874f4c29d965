"""Deliveries in PostgreSQL: a queue of due rows, their attempts, operators' decisions, closed endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from duban_contracts.events.notices import DeliveryChannel
from services.chassis.storage.database import Connection
from services.notifications.domain.delivery import Answer, Delivery, DeliveryState, Verdict
from services.notifications.domain.records import NewDelivery, OpenDelivery, OpenLetter, Parcel

_BEGIN: Final = """
    WITH due AS (
        SELECT delivery_id FROM delivery
         WHERE state = 'pending' AND next_attempt_at <= $1
         ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ), begun AS (
        UPDATE delivery
           SET state = 'sending', attempts = attempts + 1, tries = tries + 1, next_attempt_at = NULL,
               lease_until = $2
         WHERE delivery_id IN (SELECT delivery_id FROM due)
        RETURNING delivery_id, letter_id, attempts, channel, address, endpoint
    ), recorded AS (
        INSERT INTO delivery_attempt (delivery_id, attempt, begun_at)
        SELECT delivery_id, attempts, $1 FROM begun
    )
    SELECT begun.delivery_id, letter_id, begun.attempts AS attempt, begun.channel, begun.address,
    begun.endpoint,
           closed_endpoint.endpoint IS NOT NULL AS endpoint_closed, letter.kind, letter.number, letter.title,
           letter.body, letter.hazard_number, letter.county, letter.unit, letter.deadline_on, letter.issued_at
      FROM begun JOIN letter USING (letter_id)
      LEFT JOIN closed_endpoint ON begun.channel = 'webhook' AND closed_endpoint.endpoint = begun.endpoint"""


class PostgresDeliveries:
    """The deliveries' store."""

    async def insert(self, connection: Connection, deliveries: Sequence[NewDelivery], due: datetime) -> None:
        """Store new deliveries, due at `due` (wall time)."""
        await connection.execute(
            """INSERT INTO delivery (delivery_id, letter_id, channel, address, endpoint, next_attempt_at, pending_since)
               SELECT delivery_id, letter_id, channel, address, endpoint, $6, $6
                 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
                      AS new (delivery_id, letter_id, channel, address, endpoint)""",
            [each.delivery_id for each in deliveries],
            [each.letter_id for each in deliveries],
            [each.channel.value for each in deliveries],
            [each.address for each in deliveries],
            [each.endpoint for each in deliveries],
            due,
        )

    async def begin_due(
        self, connection: Connection, *, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[Parcel]:
        """Begin up to `limit` due deliveries that nobody else is taking, oldest first, and return them.

        The statement is `delivery.begin` for many rows at once; a test holds the two together.
        """
        rows = await connection.fetch(_BEGIN, now, lease_until, limit)
        return [Parcel(**{**dict(row), "channel": DeliveryChannel(row["channel"])}) for row in rows]

    async def expired(self, connection: Connection, now: datetime) -> Sequence[tuple[UUID, UUID]]:
        """Return (letter id, delivery id) of begun attempts whose lease ran out."""
        rows = await connection.fetch(
            "SELECT letter_id, delivery_id FROM delivery WHERE state = 'sending' AND lease_until <= $1", now
        )
        return [(row["letter_id"], row["delivery_id"]) for row in rows]

    async def letter_of(self, connection: Connection, delivery_id: UUID) -> UUID | None:
        """Return the letter a delivery belongs to."""
        letter_id: UUID | None = await connection.fetchval(
            "SELECT letter_id FROM delivery WHERE delivery_id = $1", delivery_id
        )
        return letter_id

    async def lock(self, connection: Connection, letter: OpenLetter, delivery_id: UUID) -> OpenDelivery | None:
        """Lock a delivery of a locked letter and return it."""
        row = await connection.fetchrow(
            "SELECT * FROM delivery WHERE delivery_id = $1 AND letter_id = $2 FOR UPDATE",
            delivery_id,
            letter.head.letter_id,
        )
        if row is None:
            return None
        return OpenDelivery(delivery_id, letter, _state(row), row["endpoint"], row["lease_until"])

    async def close_attempt(
        self, connection: Connection, delivery_id: UUID, attempt: int, answer: Answer, at: datetime
    ) -> None:
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

    async def store(self, connection: Connection, delivery_id: UUID, state: Delivery, now: datetime) -> None:
        """Store where a locked delivery stands; it waits anew since `now` if it was not waiting before."""
        await connection.execute(
            """UPDATE delivery
                  SET state = $2, attempts = $3, tries = $4, next_attempt_at = $5, code = $6, lease_until
                  = NULL,
                      pending_since = CASE WHEN state IN ('failed', 'uncertain') THEN $7 ELSE
                      pending_since END
                WHERE delivery_id = $1""",
            delivery_id,
            state.state.value,
            state.attempts,
            state.tries,
            state.next_attempt_at,
            state.code,
            now,
        )

    async def states_of(self, connection: Connection, letter_id: UUID) -> Sequence[DeliveryState]:
        """Return the states of all deliveries of a letter."""
        rows = await connection.fetch("SELECT state FROM delivery WHERE letter_id = $1", letter_id)
        return [DeliveryState(row["state"]) for row in rows]

    async def close_endpoint(self, connection: Connection, endpoint: str, at: datetime) -> None:
        """Remember that an endpoint wants no more messages."""
        await connection.execute(
            "INSERT INTO closed_endpoint (endpoint, closed_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", endpoint, at
        )

    async def open_endpoint(self, connection: Connection, endpoint: str) -> None:
        """Forget that an endpoint was closed."""
        await connection.execute("DELETE FROM closed_endpoint WHERE endpoint = $1", endpoint)

    async def readdress(self, connection: Connection, delivery_id: UUID, address: str, endpoint: str) -> None:
        """Store a delivery's new address."""
        await connection.execute(
            "UPDATE delivery SET address = $2, endpoint = $3 WHERE delivery_id = $1", delivery_id, address, endpoint
        )

    async def decide(
        self, connection: Connection, delivery_id: UUID, decision: str, account: str, at: datetime
    ) -> None:
        """Record an operator's decision."""
        await connection.execute(
            """INSERT INTO delivery_decision (delivery_id, decision, decided_by, decided_at)
               VALUES ($1, $2, $3, $4)""",
            delivery_id,
            decision,
            account,
            at,
        )

    async def census(self, connection: Connection) -> Sequence[tuple[DeliveryChannel, DeliveryState, int]]:
        """Count the deliveries that are not delivered, by channel and state."""
        rows = await connection.fetch(
            """SELECT channel, state, count(*) AS deliveries FROM delivery
                WHERE state IN ('pending', 'sending', 'failed', 'uncertain') GROUP BY channel, state"""
        )
        return [(DeliveryChannel(row["channel"]), DeliveryState(row["state"]), row["deliveries"]) for row in rows]

    async def oldest_pending(self, connection: Connection) -> datetime | None:
        """Return since when (wall time) the oldest pending delivery waits."""
        oldest: datetime | None = await connection.fetchval(
            "SELECT min(pending_since) FROM delivery WHERE state IN ('pending', 'sending')"
        )
        return oldest


def _state(row: asyncpg.Record) -> Delivery:
    return Delivery(
        channel=DeliveryChannel(row["channel"]),
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        tries=row["tries"],
        next_attempt_at=row["next_attempt_at"],
        code=row["code"],
    )
