"""Reads for the HTTP API: newest first, paged by position. No office's address leaves through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from services.chassis.storage.database import Connection

# A page is bounded by the caller; this one only says so in one place.
LONGEST_PAGE: Final = 500

_LETTERS: Final = """
    SELECT * FROM letter
     WHERE ($1::text IS NULL OR hazard_id = $1) AND ($2::text IS NULL OR unit = $2 OR addressee_unit = $2)
       AND ($3::text IS NULL OR county = $3) AND ($4::text IS NULL OR state = $4)
       AND ($5::bigint IS NULL OR position < $5)
     ORDER BY position DESC LIMIT $6"""

_DELIVERIES: Final = """
    SELECT delivery.*, letter.number, letter.county, letter.unit, letter.addressee, attempt.detail
      FROM delivery JOIN letter USING (letter_id)
      LEFT JOIN delivery_attempt AS attempt
             ON attempt.delivery_id = delivery.delivery_id AND attempt.attempt = delivery.attempts
"""


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which letters to list; None means any. `after` is the position of the last letter of the page before."""

    hazard_id: str | None
    unit: str | None
    county: str | None
    state: str | None
    after: int | None
    limit: int


async def letters(connection: Connection, wanted: LetterFilter) -> Sequence[asyncpg.Record]:
    """Return one page of letters, newest first."""
    return await connection.fetch(
        _LETTERS, wanted.hazard_id, wanted.unit, wanted.county, wanted.state, wanted.after, wanted.limit
    )


async def letter(connection: Connection, letter_id: UUID) -> asyncpg.Record | None:
    """Return one letter."""
    return await connection.fetchrow("SELECT * FROM letter WHERE letter_id = $1", letter_id)


async def deliveries_of(connection: Connection, letter_id: UUID) -> Sequence[asyncpg.Record]:
    """Return a letter's deliveries."""
    return await connection.fetch(_DELIVERIES + " WHERE letter_id = $1 ORDER BY channel", letter_id)


async def delivery(connection: Connection, delivery_id: UUID) -> asyncpg.Record | None:
    """Return one delivery."""
    return await connection.fetchrow(_DELIVERIES + " WHERE delivery.delivery_id = $1", delivery_id)


async def deliveries(
    connection: Connection, *, state: str | None, county: str | None, after: int | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Return one page of deliveries, newest first."""
    return await connection.fetch(
        _DELIVERIES
        + """ WHERE ($1::text IS NULL OR delivery.state = $1) AND ($2::text IS NULL OR letter.county = $2)
                AND ($3::bigint IS NULL OR delivery.position < $3)
              ORDER BY delivery.position DESC LIMIT $4""",
        state,
        county,
        after,
        limit,
    )


async def attempts_of(connection: Connection, delivery_id: UUID) -> Sequence[asyncpg.Record]:
    """Return every attempt of a delivery, in order."""
    return await connection.fetch("SELECT * FROM delivery_attempt WHERE delivery_id = $1 ORDER BY attempt", delivery_id)
