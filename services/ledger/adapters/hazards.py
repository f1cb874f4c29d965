"""Hazard rows: read for update, insert and update a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

import asyncpg

from duban_contracts.events.types import Channel, Enterprise, Grade, HazardState
from services.chassis.consuming.errors import Retryable
from services.chassis.storage.database import Connection
from services.ledger.domain.hazard import Hazard


@dataclass(frozen=True, slots=True)
class Entry:
    """A hazard with the digest of its newest history record."""

    hazard: Hazard
    head: bytes


_FIXED: Final[Mapping[str, tuple[str, Callable[[Hazard], Any]]]] = {
    "hazard_id": ("uuid", attrgetter("hazard_id")),
    "number": ("text", attrgetter("number")),
    "county": ("text", attrgetter("county")),
    "reference": ("text", attrgetter("reference")),
    "registered_at": ("timestamptz", attrgetter("registered_at")),
}
_CHANGING: Final[Mapping[str, tuple[str, Callable[[Hazard], Any]]]] = {
    "channel": ("text", attrgetter("channel")),
    "sector": ("text", attrgetter("sector")),
    "state": ("text", attrgetter("state")),
    "enterprise_name": ("text", attrgetter("enterprise.name")),
    "enterprise_uscc": ("text", attrgetter("enterprise.uscc")),
    "place": ("text", attrgetter("place")),
    "description": ("text", attrgetter("description")),
    "found_on": ("date", attrgetter("found_on")),
    "suggested_grade": ("text", attrgetter("suggested_grade")),
    "township": ("text", attrgetter("township")),
    "grade": ("text", attrgetter("grade")),
    "responsible_unit": ("text", attrgetter("responsible_unit")),
    "deadline_on": ("date", attrgetter("deadline_on")),
    "overdue": ("boolean", attrgetter("overdue")),
    "changed_at": ("timestamptz", attrgetter("changed_at")),
    "confirmed_at": ("timestamptz", attrgetter("confirmed_at")),
    "plan_digest": ("bytea", attrgetter("plan_digest")),
    "submitted_at": ("timestamptz", attrgetter("submitted_at")),
    "submitted_by": ("text", attrgetter("submitted_by")),
    "submission_digest": ("bytea", attrgetter("submission_digest")),
    "closed_at": ("timestamptz", attrgetter("closed_at")),
    "closed_by": ("text", attrgetter("closed_by")),
    "returned_count": ("integer", attrgetter("returned_count")),
    "reopened_count": ("integer", attrgetter("reopened_count")),
    "version": ("integer", attrgetter("version")),
}
COLUMNS: Final = ", ".join({**_FIXED, **_CHANGING})


def _arrays(columns: Mapping[str, tuple[str, Any]], first: int) -> str:
    return ", ".join(f"${first + index}::{kind}[]" for index, (kind, _) in enumerate(columns.values()))


# The names are this module's own constants; every value travels as a parameter.
# What registration sets; a batch of reports is the ledger's busiest statement, so it carries nothing else.
_REGISTERED: Final = {
    **_FIXED,
    **{
        name: _CHANGING[name]
        for name in (
            "channel",
            "sector",
            "state",
            "enterprise_name",
            "enterprise_uscc",
            "place",
            "description",
            "found_on",
            "suggested_grade",
            "township",
            "changed_at",
            "version",
        )
    },
}
_INSERT: Final = f"""
INSERT INTO hazard ({", ".join(_REGISTERED)}, head, overdue, returned_count, reopened_count)
SELECT registered.*, false, 0, 0 FROM unnest({_arrays(_REGISTERED, 2)}, $1::bytea[]) AS registered"""  # noqa: S608
_UPDATE: Final = f"""
UPDATE hazard SET {", ".join(f"{name} = new.{name}" for name in _CHANGING)}, head = new.head
  FROM unnest($1::bytea[], $2::uuid[], {_arrays(_CHANGING, 3)})
       AS new (head, hazard_id, {", ".join(_CHANGING)})
 WHERE hazard.hazard_id = new.hazard_id"""  # noqa: S608
_BY_REFERENCE: Final = f"""
SELECT {COLUMNS}, head FROM hazard
  JOIN unnest($1::text[], $2::text[]) AS wanted (county, reference) USING (county, reference)
 ORDER BY hazard_id FOR UPDATE OF hazard"""  # noqa: S608
_BY_ID: Final = f"SELECT {COLUMNS}, head FROM hazard WHERE hazard_id = ANY($1::uuid[]) ORDER BY hazard_id FOR UPDATE"  # noqa: S608


async def lock_by_reference(
    connection: Connection, references: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Entry]:
    """Return the hazards of these (county, reference) pairs, locked until the transaction ends."""
    rows = await connection.fetch(_BY_REFERENCE, [pair[0] for pair in references], [pair[1] for pair in references])
    return {(row["county"], row["reference"]): entry_of(row) for row in rows}


async def lock(connection: Connection, hazard_ids: Sequence[str]) -> dict[str, Entry]:
    """Return the hazards of these ids, locked until the transaction ends."""
    return {str(row["hazard_id"]): entry_of(row) for row in await connection.fetch(_BY_ID, hazard_ids)}


async def insert(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write new hazards, as registration left them; those that went further need `update` too.

    Raises Retryable when another instance registered one of them meanwhile.
    """
    if not entries:
        return
    hazards = [entry.hazard for entry in entries]
    try:
        await connection.execute(_INSERT, [entry.head for entry in entries], *_columns(_REGISTERED, hazards))
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "hazard_one_per_reference":
            raise
        raise Retryable("a hazard was registered by another instance meanwhile") from error


async def update(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write what changed of hazards that the transaction holds locked."""
    if not entries:
        return
    hazards = [entry.hazard for entry in entries]
    await connection.execute(
        _UPDATE,
        [entry.head for entry in entries],
        [hazard.hazard_id for hazard in hazards],
        *_columns(_CHANGING, hazards),
    )


async def next_serials(connection: Connection, year: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Raise each county's counter of `year` by what is wanted; return the first serial of each."""
    counties = sorted(wanted)
    rows = await connection.fetch(
        """INSERT INTO hazard_counter (county, year, last)
           SELECT county, $1, wanted FROM unnest($2::text[], $3::bigint[]) AS new (county, wanted)
           ON CONFLICT (county, year) DO UPDATE SET last = hazard_counter.last + EXCLUDED.last
           RETURNING county, last""",
        year,
        counties,
        [wanted[county] for county in counties],
    )
    return {row["county"]: row["last"] - wanted[row["county"]] + 1 for row in rows}


def _columns(columns: Mapping[str, tuple[str, Callable[[Hazard], Any]]], hazards: Sequence[Hazard]) -> list[list[Any]]:
    return [[get(hazard) for hazard in hazards] for _, get in columns.values()]


def hazard_of(row: asyncpg.Record) -> Hazard:
    """Return the hazard that a row with all of COLUMNS holds."""
    grade, suggested = row["grade"], row["suggested_grade"]
    return Hazard(
        hazard_id=str(row["hazard_id"]),
        number=row["number"],
        county=row["county"],
        reference=row["reference"],
        channel=Channel(row["channel"]),
        sector=row["sector"],
        state=HazardState(row["state"]),
        enterprise=Enterprise(name=row["enterprise_name"], uscc=row["enterprise_uscc"]),
        place=row["place"],
        description=row["description"],
        found_on=row["found_on"],
        version=row["version"],
        registered_at=row["registered_at"],
        changed_at=row["changed_at"],
        suggested_grade=Grade(suggested) if suggested else None,
        township=row["township"],
        grade=Grade(grade) if grade else None,
        responsible_unit=row["responsible_unit"],
        deadline_on=row["deadline_on"],
        overdue=row["overdue"],
        confirmed_at=row["confirmed_at"],
        plan_digest=row["plan_digest"],
        submitted_at=row["submitted_at"],
        submitted_by=row["submitted_by"],
        submission_digest=row["submission_digest"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
        returned_count=row["returned_count"],
        reopened_count=row["reopened_count"],
    )


def entry_of(row: asyncpg.Record) -> Entry:
    """Return the entry that a row with all of COLUMNS and `head` holds."""
    return Entry(hazard_of(row), row["head"])


async def id_of_number(connection: Connection, number: str) -> str | None:
    """Return the id of the hazard with this number, or None."""
    found = await connection.fetchval("SELECT hazard_id FROM hazard WHERE number = $1", number)
    return str(found) if found else None
