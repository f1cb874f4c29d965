"""The receipt table. Every statement takes its rows in order of receipt id, so that no two can deadlock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.gateway.receipts.model import Answer, Earlier, Receipt, ReceiptStatus, Reservation, Stamp

_RESERVED: Final = Columns[Reservation](
    {
        "receipt_id": "uuid",
        "county": "text",
        "event_id": "text",
        "source": "text",
        "type": "text",
        "reference": "text",
        "content_digest": ("bytea", "digest"),
    }
)
_ANSWERED: Final = Columns[Answer](
    {
        "receipt_id": "uuid",
        "county": "text",
        "origin": "text",
        "status": "text",
        "answered_at": "timestamptz",
        "event_id": "text",
        "source": "text",
        "type": "text",
        "reference": "text",
        "waiting_for": "text",
        "outcome": "text",
        "hazard_id": "text",
        "task_id": "text",
        "number": "text",
        "linked_reference": "text",
        "code": "text",
        "message": "text",
        "field": "text",
        "rule": "text",
    }
)
_READ: Final = ", ".join(field.name for field in fields(Receipt))
_VISIBLE: Final = "(queued_at IS NOT NULL OR answered_at IS NOT NULL)"

_RESERVE: Final = f"{_RESERVED.insert('receipt')} ON CONFLICT (receipt_id) DO NOTHING RETURNING receipt_id"
_EARLIER: Final = """
SELECT receipt_id, content_digest, answered_at IS NOT NULL AS answered FROM receipt WHERE receipt_id = ANY ($1::uuid[])
"""
_MARK_QUEUED: Final = """
WITH locked AS (
    SELECT receipt_id FROM receipt
     WHERE receipt_id = ANY ($1::uuid[]) AND queued_at IS NULL ORDER BY receipt_id FOR UPDATE)
UPDATE receipt SET queued_at = $2 FROM locked WHERE receipt.receipt_id = locked.receipt_id"""
_MARK_FREE: Final = f"""{_MARK_QUEUED.replace("FOR UPDATE", "FOR UPDATE SKIP LOCKED")}
RETURNING receipt.receipt_id"""
# What stands is not overwritten, by the same rule as `Answer.supersedes`; what the claim was, is known already.
_RECORD: Final = f"""
{_ANSWERED.insert("receipt AS known")}
    ON CONFLICT (receipt_id) DO UPDATE
   SET status = excluded.status, origin = excluded.origin, answered_at = excluded.answered_at,
       reference = coalesce(known.reference, excluded.reference), waiting_for = excluded.waiting_for,
       outcome = excluded.outcome, hazard_id = excluded.hazard_id, task_id = excluded.task_id,
       number = excluded.number, linked_reference = excluded.linked_reference, code = excluded.code,
       message = excluded.message, field = excluded.field, rule = excluded.rule
 WHERE known.answered_at IS NULL
    OR (excluded.status <> 'queued', excluded.answered_at) >= (known.status <> 'queued', known.answered_at)"""  # noqa: S608 - constants
_FIND: Final = f"SELECT {_READ} FROM receipt WHERE receipt_id = $1 AND {_VISIBLE}"  # noqa: S608 - constants
_STAMPS: Final = "SELECT receipt_id, status, answered_at FROM receipt WHERE receipt_id = ANY ($1::uuid[])"
_NO_POSITION: Final = 2**63 - 1


async def reserve(connection: Connection, wanted: Iterable[Reservation]) -> dict[UUID, Earlier]:
    """Take the event ids (each receipt id once) and return what is known of those that were taken before."""
    ordered = sorted(wanted, key=lambda reservation: reservation.receipt_id)
    taken = await connection.fetch(_RESERVE, *_RESERVED.arguments(ordered))
    if len(taken) == len(ordered):
        return {}
    fresh = {row["receipt_id"] for row in taken}
    used = [reservation.receipt_id for reservation in ordered if reservation.receipt_id not in fresh]
    return await known(connection, used)


async def known(connection: Connection, receipt_ids: Sequence[UUID]) -> dict[UUID, Earlier]:
    """Return what is known of those of these event ids that were taken before; nothing is taken."""
    rows = await connection.fetch(_EARLIER, receipt_ids)
    return {row["receipt_id"]: Earlier(row["content_digest"], row["answered"]) for row in rows}


async def mark_queued(connection: Connection, receipt_ids: Sequence[UUID], at: datetime) -> None:
    """Note that the broker has these events; the first time stands."""
    await connection.execute(_MARK_QUEUED, receipt_ids, at)


async def mark_free(connection: Connection, receipt_ids: Sequence[UUID], at: datetime) -> frozenset[UUID]:
    """Do the same for those that nobody holds, and return which were marked now."""
    return frozenset(row["receipt_id"] for row in await connection.fetch(_MARK_FREE, receipt_ids, at))


async def record(connection: Connection, answers: Sequence[Answer]) -> None:
    """Write the ledger's answers (each receipt id once, in order) in the caller's transaction."""
    if answers:
        await connection.execute(_RECORD, *_ANSWERED.arguments(answers))


async def find(connection: Connection, receipt_id: UUID) -> Receipt | None:
    """Return a receipt that somebody was promised, or None."""
    row = await connection.fetchrow(_FIND, receipt_id)
    return None if row is None else _receipt(row)


async def stamps(connection: Connection, receipt_ids: Collection[UUID]) -> dict[UUID, Stamp]:
    """Return how these receipts stand."""
    rows = await connection.fetch(_STAMPS, receipt_ids)
    return {row["receipt_id"]: Stamp(ReceiptStatus(row["status"]), row["answered_at"]) for row in rows}


async def newest(
    connection: Connection, scope: Scope, *, status: ReceiptStatus | None, before: int | None, limit: int
) -> list[Receipt]:
    """Return up to `limit` receipts inside `scope`, newest first, older than position `before`."""
    place = _NO_POSITION if before is None else before
    conditions, values = scope.where({Dimension.COUNTY: "county"}, first=4)
    rows = await connection.fetch(
        f"""SELECT {_READ} FROM receipt
             WHERE ($1::text IS NULL OR status = $1) AND position < $2 AND {_VISIBLE} AND {" AND ".join(conditions)}
             ORDER BY position DESC LIMIT $3""",  # noqa: S608 - constants
        status,
        place,
        limit,
        *values,
    )
    return [_receipt(row) for row in rows]


def _receipt(row: asyncpg.Record) -> Receipt:
    return Receipt(**{**row, "status": ReceiptStatus(row["status"])})
