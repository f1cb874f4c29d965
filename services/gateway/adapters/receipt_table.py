"""The receipt table. Every statement takes its rows in order of receipt id, so that no two can deadlock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from services.chassis.storage.database import Connection, Database
from services.gateway.domain.claims import Claim
from services.gateway.domain.receipts import Answer, Receipt, ReceiptStatus, Reservation

_COLUMNS: Final = (
    "receipt_id, position, status, event_id, source, type, reference, origin, waiting_for, outcome, hazard_id, number,"
    " code, message, field, rule, queued_at, answered_at"
)
_ANSWER_FIELDS: Final = (
    *("receipt_id", "county", "origin", "status", "answered_at", "event_id", "source", "type", "reference"),
    *("waiting_for", "outcome", "hazard_id", "number", "code", "message", "field", "rule"),
)
_VISIBLE: Final = "(queued_at IS NOT NULL OR answered_at IS NOT NULL)"


class ReceiptTable:
    """The receipts in this service's database; every call takes a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, county: str, claims: Sequence[Claim]) -> dict[UUID, Reservation]:
        """Take the event ids of `claims` (each receipt id once) and return those that were taken before."""
        async with self._database.acquire() as connection:
            return await _reserve(connection, county, claims)

    async def mark_queued(self, receipt_ids: Sequence[UUID], at: datetime) -> None:
        """Note that the broker has these events; the first time stands."""
        async with self._database.acquire() as connection:
            await _mark_queued(connection, receipt_ids, at)

    async def find(self, county: str, receipt_id: UUID) -> Receipt | None:
        """Return a receipt of this county, or None."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(
                f"SELECT {_COLUMNS} FROM receipt WHERE receipt_id = $1 AND county = $2 AND {_VISIBLE}",  # noqa: S608 - constants
                receipt_id,
                county,
            )
        return None if row is None else _receipt(row)

    async def newest(
        self, county: str, *, status: ReceiptStatus | None, before: int | None, limit: int
    ) -> list[Receipt]:
        """Return up to `limit` receipts of this county, newest first, older than position `before`."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(
                f"""SELECT {_COLUMNS} FROM receipt
                     WHERE county = $1 AND ($2::text IS NULL OR status = $2) AND position < $3 AND {_VISIBLE}
                     ORDER BY position DESC LIMIT $4""",  # noqa: S608 - constants
                county,
                status,
                before if before is not None else 2**63 - 1,
                limit,
            )
        return [_receipt(row) for row in rows]


async def _reserve(connection: Connection, county: str, claims: Sequence[Claim]) -> dict[UUID, Reservation]:
    ordered = sorted(claims, key=lambda claim: claim.receipt_id)
    taken = await connection.fetch(
        """INSERT INTO receipt (receipt_id, county, event_id, source, type, reference, content_digest)
           SELECT new.receipt_id, $2, new.event_id, new.source, new.type, new.reference, new.digest
             FROM unnest($1::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[])
                  AS new (receipt_id, event_id, source, type, reference, digest)
            ORDER BY new.receipt_id
               ON CONFLICT (receipt_id) DO NOTHING
        RETURNING receipt_id""",
        [claim.receipt_id for claim in ordered],
        county,
        [claim.event.id for claim in ordered],
        [claim.event.source for claim in ordered],
        [claim.event.type for claim in ordered],
        [claim.reference for claim in ordered],
        [claim.digest for claim in ordered],
    )
    if len(taken) == len(ordered):
        return {}
    fresh = {row["receipt_id"] for row in taken}
    earlier = await connection.fetch(
        "SELECT receipt_id, content_digest, answered_at IS NOT NULL AS answered FROM receipt"
        " WHERE receipt_id = ANY ($1::uuid[])",
        [claim.receipt_id for claim in ordered if claim.receipt_id not in fresh],
    )
    return {row["receipt_id"]: Reservation(row["content_digest"], row["answered"]) for row in earlier}


async def _mark_queued(connection: Connection, receipt_ids: Sequence[UUID], at: datetime) -> None:
    await connection.execute(
        """WITH locked AS (
               SELECT receipt_id FROM receipt
                WHERE receipt_id = ANY ($1::uuid[]) AND queued_at IS NULL ORDER BY receipt_id FOR UPDATE)
           UPDATE receipt SET queued_at = $2 FROM locked WHERE receipt.receipt_id = locked.receipt_id""",
        receipt_ids,
        at,
    )


async def record(connection: Connection, answers: Sequence[Answer]) -> None:
    """Write the ledger's answers (each receipt id once, in order) in the caller's transaction.

    An answer that stands is not overwritten, by the same rule as `Answer.supersedes`.
    """
    if not answers:
        return
    await connection.execute(
        """INSERT INTO receipt AS known (receipt_id, county, origin, status, answered_at, event_id, source, type,
                  reference, waiting_for, outcome, hazard_id, number, code, message, field, rule)
           SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
                  $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
                  $14::text[], $15::text[], $16::text[], $17::text[])
               ON CONFLICT (receipt_id) DO UPDATE
              SET status = excluded.status, origin = excluded.origin, answered_at = excluded.answered_at,
                  reference = coalesce(known.reference, excluded.reference),
                  waiting_for = excluded.waiting_for, outcome = excluded.outcome, hazard_id = excluded.hazard_id,
                  number = excluded.number, code = excluded.code, message = excluded.message,
                  field = excluded.field, rule = excluded.rule
            WHERE known.answered_at IS NULL
               OR (excluded.status <> 'queued', excluded.answered_at)
                  >= (known.status <> 'queued', known.answered_at)""",
        *([getattr(answer, field) for answer in answers] for field in _ANSWER_FIELDS),
    )


def _receipt(row: asyncpg.Record) -> Receipt:
    return Receipt(**{**row, "status": ReceiptStatus(row["status"])})
