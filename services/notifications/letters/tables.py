"""Letters in PostgreSQL: causes, numbers, letters, and what people read of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from duban_contracts.events.types import Subject
from services.chassis.access.scope import Dimension, Facts, Scope
from services.chassis.publishing.unit_of_work import Change
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.notifications.channels.model.channel import Content
from services.notifications.letters.model.cause import Cause
from services.notifications.letters.model.letter import Letter, LetterState, Thread
from services.notifications.letters.model.numbering import Number, Series

SCOPE: Final = {dimension: dimension.value for dimension in Dimension}

_CAUSE: Final = Columns[Cause](
    {
        "about_kind": "text",
        "about_id": "text",
        "kind": "text",
        "occasion": "text",
        "letter_id": ("uuid", Cause.letter_id),
    }
)
_SERIES: Final = Columns[tuple[Series, int]](
    {
        "kind": ("text", lambda demand: demand[0].kind),
        "year": ("integer", lambda demand: demand[0].year),
        "last_number": ("integer", lambda demand: demand[1]),
    }
)
_FATE: Final = Columns[Letter](
    {
        "letter_id": "uuid",
        "state": "text",
        "version": "integer",
        "acknowledged_at": "timestamptz",
        "acknowledged_by": "text",
        "enterprise_acknowledged_at": "timestamptz",
        "enterprise_acknowledged_by": "text",
        "recalled_at": "timestamptz",
    }
)
_LETTER: Final = _FATE | Columns[Letter](
    {
        "kind": "text",
        "year": ("integer", "place.series.year"),
        "sequence": ("integer", "place.sequence"),
        "number": "text",
        "about_kind": ("text", "about.kind"),
        "about_id": ("text", "about.id"),
        "about_number": ("text", "about.number"),
        "county": "text",
        "township": "text",
        "sector": "text",
        "unit": "text",
        "enterprise": "text",
        "addressee": "text",
        "addressee_unit": "text",
        "due_on": "date",
        "title": "text",
        "body": "text",
        "issued_at": "timestamptz",
        "cause_event": ("text", "thread.event"),
        "correlation": ("text", "thread.correlation"),
        "traceparent": ("text", "thread.traceparent"),
    }
)


async def claim_causes(connection: Connection, causes: Sequence[Cause]) -> AbstractSet[Cause]:
    """Remember `causes`, which stand in one fixed order, and return those that nobody had claimed before.

    A cause that another transaction is claiming right now is waited for.
    """
    rows = await connection.fetch(
        # Without a target: the cause's key and the letter's id collide together, and which of the two indexes PostgreSQL
        # meets first is no rule. Named alone, the key would leave the id's collision an error.
        f"""{_CAUSE.insert("letter_cause")} ON CONFLICT DO NOTHING
            RETURNING about_kind, about_id, kind, occasion""",
        *_CAUSE.arguments(causes),
    )
    return {Cause(**dict(row)) for row in rows}


async def take_numbers(connection: Connection, demand: Sequence[tuple[Series, int]]) -> Mapping[Series, int]:
    """Take numbers and return each series' last one; the series stays locked until the transaction ends."""
    rows = await connection.fetch(
        f"""{_SERIES.insert("letter_series AS series")}
            ON CONFLICT (kind, year) DO UPDATE SET last_number = series.last_number + EXCLUDED.last_number
            RETURNING kind, year, last_number""",
        *_SERIES.arguments(demand),
    )
    return {Series(row["kind"], row["year"]): row["last_number"] for row in rows}


async def save(connection: Connection, changes: Sequence[Change[Letter]]) -> None:
    """Store letters as their notices leave them: new ones whole, in this order, of others what became of them."""
    new = [change.after for change in changes if change.before is not None and change.before.version == 0]
    known = [change.after for change in changes if change.before is None or change.before.version > 0]
    if new:
        await connection.execute(_LETTER.insert("letter"), *_LETTER.arguments(new))
    await save_fates(connection, known)


async def save_fates(connection: Connection, letters: Sequence[Letter]) -> None:
    """Store what became of locked letters."""
    if letters:
        await connection.execute(_FATE.update("letter", ("letter_id",)), *_FATE.arguments(letters))


async def lock(connection: Connection, letter_id: UUID) -> Letter | None:
    """Lock a letter and return it."""
    row = await connection.fetchrow("SELECT * FROM letter WHERE letter_id = $1 FOR UPDATE", letter_id)
    return letter_of(row) if row else None


async def about_deadline(connection: Connection, about: Subject, number: int) -> Sequence[UUID]:
    """Return the letters that deadline `number` of a subject asked for, whatever their kind, in order of id.

    Their occasions begin with the deadline's number.
    """
    rows = await connection.fetch(
        """SELECT letter_id FROM letter_cause
            WHERE about_kind = $1 AND about_id = $2 AND split_part(occasion, '/', 1) = $3 ORDER BY letter_id""",
        about.kind,
        about.id,
        str(number),
    )
    return [row["letter_id"] for row in rows]


async def standing(
    connection: Connection, about_kind: str, about: Sequence[str], kind: str, *, unsent: bool = False
) -> Sequence[Cause]:
    """Return the causes of letters of one kind about these subjects that hold; `unsent`: that no channel has taken or refused."""
    query = """SELECT cause.about_kind, cause.about_id, cause.kind, cause.occasion
                 FROM letter_cause AS cause JOIN letter USING (letter_id)
                WHERE cause.about_kind = $1 AND cause.about_id = ANY($2::text[]) AND cause.kind = $3
                  AND letter.recalled_at IS NULL AND (letter.state = 'issued' OR NOT $4) ORDER BY letter_id"""
    rows = await connection.fetch(query, about_kind, about, kind, unsent)
    return [Cause(**dict(row)) for row in rows]


async def contents(connection: Connection, letters: Collection[UUID]) -> Mapping[UUID, Content]:
    """Return what channels carry of these letters."""
    rows = await connection.fetch("SELECT * FROM letter WHERE letter_id = ANY($1::uuid[])", list(letters))
    return {
        row["letter_id"]: Content(
            letter_id=row["letter_id"],
            kind=row["kind"],
            number=row["number"],
            title=row["title"],
            body=row["body"],
            about=_about(row),
            county=row["county"],
            unit=row["unit"],
            due_on=row["due_on"],
            issued_at=row["issued_at"],
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which letters to list; None means any. `unit` finds those for a unit and those sent to its office."""

    about_kind: str | None = None
    about_id: str | None = None
    unit: str | None = None
    kind: str | None = None
    state: LetterState | None = None


async def page(
    connection: Connection, scope: Scope, wanted: Filter, *, after: int | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Return up to `limit` letters inside `scope`, newest first, from the position `after` on."""
    conditions, values = scope.where(SCOPE, first=8)
    asked = [
        "($1::text IS NULL OR about_kind = $1)",
        "($2::text IS NULL OR about_id = $2)",
        "($3::text IS NULL OR unit = $3 OR addressee_unit = $3)",
        "($4::text IS NULL OR kind = $4)",
        "($5::text IS NULL OR state = $5)",
        "($6::bigint IS NULL OR position < $6)",
        *conditions,
    ]
    query = f"SELECT * FROM letter WHERE {' AND '.join(asked)} ORDER BY position DESC LIMIT $7"  # noqa: S608
    filters = (wanted.about_kind, wanted.about_id, wanted.unit, wanted.kind, wanted.state)
    return await connection.fetch(query, *filters, after, limit, *values)


async def one(connection: Connection, letter_id: UUID) -> Letter | None:
    """Return one letter."""
    row = await connection.fetchrow("SELECT * FROM letter WHERE letter_id = $1", letter_id)
    return letter_of(row) if row else None


def facts_of(letter: Letter) -> Facts:
    """Return what decides who may see a letter."""
    return Facts(letter.county, letter.township, letter.sector, letter.unit, letter.enterprise)


def letter_of(row: asyncpg.Record) -> Letter:
    """Return the letter that a row of the table is."""
    return Letter(
        letter_id=row["letter_id"],
        number=row["number"],
        place=Number(Series(row["kind"], row["year"]), row["sequence"]),
        about=_about(row),
        thread=Thread(row["cause_event"], row["correlation"], row["traceparent"]),
        state=LetterState(row["state"]),
        **{name: row[name] for name in _SAME},
    )


_SAME: Final = (
    "county",
    "township",
    "sector",
    "unit",
    "enterprise",
    "addressee",
    "addressee_unit",
    "due_on",
    "title",
    "body",
    "issued_at",
    "version",
    "acknowledged_at",
    "acknowledged_by",
    "enterprise_acknowledged_at",
    "enterprise_acknowledged_by",
    "recalled_at",
)


def _about(row: asyncpg.Record) -> Subject:
    return Subject(kind=row["about_kind"], id=row["about_id"], number=row["about_number"])
