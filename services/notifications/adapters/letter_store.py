"""Letters in PostgreSQL: causes, numbers, letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from services.chassis.storage.database import Connection
from services.notifications.domain.letters import Cause, LetterKind, LetterState
from services.notifications.domain.numbering import Series
from services.notifications.domain.records import LetterHead, NewLetter, OpenLetter

_CLAIM: Final = """
    INSERT INTO letter_cause (hazard_id, deadline_number, kind, step, letter_id)
    SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::int[], $5::uuid[])
    ON CONFLICT (hazard_id, deadline_number, kind, step) DO NOTHING
    RETURNING hazard_id, deadline_number, kind, step"""

_TAKE: Final = """
    INSERT INTO letter_series AS series (kind, year, last_number)
    SELECT * FROM unnest($1::text[], $2::int[], $3::int[])
    ON CONFLICT (kind, year) DO UPDATE SET last_number = series.last_number + excluded.last_number
    RETURNING kind, year, last_number"""

_INSERT: Final = """
    INSERT INTO letter (letter_id, kind, year, sequence, number, hazard_id, hazard_number, county, sector,
    unit,
                        addressee, addressee_unit, deadline_number, deadline_on, title, body, issued_at,
                        state, version, cause_event, correlation, traceparent)
    SELECT letter_id, kind, year, sequence, number, hazard_id, hazard_number, county, sector, unit,
           addressee, addressee_unit, deadline_number, deadline_on, title, body, issued_at, 'issued',
           1, cause_event, correlation, traceparent
      FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[], $7::text[],
      $8::text[],
                  $9::text[], $10::text[], $11::text[], $12::text[], $13::int[], $14::date[], $15::text[],
                  $16::text[], $17::timestamptz[], $18::text[], $19::text[], $20::text[])
           WITH ORDINALITY AS new (letter_id, kind, year, sequence, number, hazard_id, hazard_number, county,
                  sector, unit, addressee, addressee_unit, deadline_number, deadline_on, title, body,
                  issued_at, cause_event, correlation, traceparent, position)
     ORDER BY position"""


class PostgresLetters:
    """The letters' store."""

    async def claim_causes(self, connection: Connection, causes: Sequence[Cause]) -> AbstractSet[Cause]:
        """Remember `causes` and return those that nobody had claimed before.

        A cause that another transaction is claiming right now is waited for.
        """
        rows = await connection.fetch(
            _CLAIM,
            [cause.hazard_id for cause in causes],
            [cause.deadline_number for cause in causes],
            [cause.kind.value for cause in causes],
            [cause.step for cause in causes],
            [cause.letter_id() for cause in causes],
        )
        return {Cause(row["hazard_id"], row["deadline_number"], LetterKind(row["kind"]), row["step"]) for row in rows}

    async def take_numbers(self, connection: Connection, demand: Sequence[tuple[Series, int]]) -> Mapping[Series, int]:
        """Take numbers and return each series' last one; the series stays locked until the transaction ends."""
        rows = await connection.fetch(
            _TAKE,
            [str(series.kind) for series, _ in demand],
            [series.year for series, _ in demand],
            [count for _, count in demand],
        )
        return {Series(row["kind"], row["year"]): row["last_number"] for row in rows}

    async def insert(self, connection: Connection, letters: Sequence[NewLetter]) -> None:
        """Store new letters, in this order."""
        columns = zip(*(_row(letter) for letter in letters), strict=True)
        await connection.execute(_INSERT, *(list(column) for column in columns))

    async def lock(self, connection: Connection, letter_id: UUID) -> OpenLetter | None:
        """Lock a letter and return it."""
        row = await connection.fetchrow("SELECT * FROM letter WHERE letter_id = $1 FOR UPDATE", letter_id)
        return _open(row) if row else None

    async def advance(self, connection: Connection, letter: OpenLetter, state: LetterState, events: int) -> None:
        """Store what became of a locked letter and count `events` more notice events."""
        await connection.execute(
            "UPDATE letter SET state = $2, version = version + $3 WHERE letter_id = $1",
            letter.head.letter_id,
            state.value,
            events,
        )

    async def acknowledge(self, connection: Connection, letter_id: UUID, account: str, at: datetime) -> None:
        """Store who signed for a locked letter, and when."""
        await connection.execute(
            "UPDATE letter SET acknowledged_by = $2, acknowledged_at = $3 WHERE letter_id = $1",
            letter_id,
            account,
            at,
        )


def _row(letter: NewLetter) -> tuple[object, ...]:
    head = letter.head
    return (
        head.letter_id,
        str(letter.number.series.kind),
        letter.number.series.year,
        letter.number.sequence,
        head.number,
        head.hazard_id,
        head.hazard_number,
        head.county,
        letter.sector,
        head.unit,
        letter.addressee,
        letter.addressee_unit,
        letter.deadline_number,
        letter.deadline_on,
        letter.title,
        letter.body,
        letter.issued_at,
        head.cause_event,
        head.correlation,
        head.traceparent,
    )


def _open(row: asyncpg.Record) -> OpenLetter:
    head = LetterHead(
        letter_id=row["letter_id"],
        number=row["number"],
        kind=row["kind"],
        hazard_id=row["hazard_id"],
        hazard_number=row["hazard_number"],
        county=row["county"],
        unit=row["unit"],
        cause_event=row["cause_event"],
        correlation=row["correlation"],
        traceparent=row["traceparent"],
    )
    return OpenLetter(
        head=head,
        version=row["version"],
        addressee_unit=row["addressee_unit"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
    )
