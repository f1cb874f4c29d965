"""Hazard rows: read for update, inserted and updated a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import asyncpg
import msgspec
from msgspec import inspect

from duban_contracts.events.types import Enterprise, Listing, StopOrder
from services.chassis.consuming.errors import Retryable
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.chassis.storage.locks import hold_names
from services.ledger.hazards.model import Closure, Hazard

Reference = tuple[str, str]
"""A county and its own number of a hazard, as references are compared (`model.Hazard.reference_key`)."""


# gc=False here and below: thousands of values live while a batch is taken, none can be part of a circle, and walking
# them cost a fifth of the time of a report.
class HazardRow(msgspec.Struct, frozen=True, gc=False):
    """A hazard with the digest of its newest history record."""

    hazard: Hazard
    head: bytes


Moved = tuple[HazardRow | None, HazardRow]
"""A hazard as its row stands, and as it shall stand; None: the transaction registered it itself."""

# Field -> how its document is read.
_DECODERS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    "listing": msgspec.json.Decoder(Listing),
    "stopped": msgspec.json.Decoder(StopOrder),
    "undone_closure": msgspec.json.Decoder(Closure),
}
_JSON: Final = msgspec.json.Encoder()

_TYPES: Final[Mapping[type[inspect.Type], str]] = {
    inspect.StrType: "text",
    inspect.EnumType: "text",
    inspect.IntType: "integer",
    inspect.BoolType: "boolean",
    inspect.DateType: "date",
    inspect.DateTimeType: "timestamptz",
    inspect.BytesType: "bytea",
}


def _column(kind: inspect.Type) -> str:
    """Return the PostgreSQL type of a field; raises KeyError for a type that has none."""
    if isinstance(kind, inspect.Metadata):
        return _column(kind.type)
    if isinstance(kind, inspect.UnionType):
        return _column(next(each for each in kind.types if not isinstance(each, inspect.NoneType)))
    return _TYPES[type(kind)]


# Column -> field of `found_by`.
_INSPECTION: Final = {"task_id": "task_id", "task_number": "task_number", "inspecting_unit": "unit"}


def _of_inspection(field: str) -> Callable[[HazardRow], str | None]:
    return lambda row: None if (found := row.hazard.found_by) is None else getattr(found, field)


def _as_json(field: str) -> Callable[[HazardRow], str | None]:
    def get(row: HazardRow) -> str | None:
        held = getattr(row.hazard, field)
        return None if held is None else _JSON.encode(held).decode()

    return get


def _columns() -> Columns[HazardRow]:
    """Return the columns of a hazard as its fields declare them, of what stands in them, and of the chain's head."""
    fields = inspect.type_info(Hazard).fields  # type: ignore[attr-defined]
    special = {"hazard_id", "enterprise", "doubts", "found_by", "merged_into", *_DECODERS}
    plain = {f.name: (_column(f.type), f"hazard.{f.name}") for f in fields if f.name not in special}
    return Columns[HazardRow](
        {
            "hazard_id": ("uuid", "hazard.hazard_id"),
            **plain,
            "enterprise_name": ("text", "hazard.enterprise.name"),
            "enterprise_uscc": ("text", "hazard.enterprise.uscc"),
            # An array of arrays is no column of rows.
            "doubts": ("text", lambda row: " ".join(row.hazard.doubts)),
            "merged_into": ("uuid", "hazard.merged_into"),
            **{name: ("text", _of_inspection(field)) for name, field in _INSPECTION.items()},
            **{name: ("jsonb", _as_json(name)) for name in _DECODERS},
            "head": "bytea",
        }
    )


_WITH_HEAD: Final = _columns()
COLUMNS: Final = _WITH_HEAD.without("head").names
# What registration sets; a batch of reports is the ledger's busiest statement, so it carries nothing else.
_REGISTERED: Final = _WITH_HEAD.only(
    "hazard_id",
    "number",
    "version",
    "county",
    "reference",
    "reference_key",
    "is_of_tip",
    "channel",
    "sector",
    "state",
    "enterprise_name",
    "enterprise_uscc",
    "place",
    "description",
    "township",
    "township_code",
    "found_on",
    "suggested_grade",
    "doubts",
    *_INSPECTION,
    "registered_at",
    "reported_at",
    "changed_at",
    "head",
)
_NEVER: Final = ("number", "county", "reference", "reference_key", "is_of_tip", "registered_at", *_INSPECTION)
_CHANGING: Final = _WITH_HEAD.without(*_NEVER)
# Of a hazard that was registered in the same transaction: what registration doesn't set stands as the table has it.
_EVERYTHING: Final = frozenset(_CHANGING)
_REFERENCES: Final = Columns[Reference]({"county": ("text", itemgetter(0)), "reference_key": ("text", itemgetter(1))})

# The names are this module's own constants; every value travels as a parameter.
_BY_REFERENCE: Final = f"""
SELECT {_WITH_HEAD.names} FROM hazard JOIN {_REFERENCES.rows("wanted")} USING (county, reference_key)
 ORDER BY hazard_id FOR UPDATE OF hazard"""  # noqa: S608
_BY_ID: Final = f"""
SELECT {_WITH_HEAD.names} FROM hazard WHERE hazard_id = ANY($1::uuid[]) ORDER BY hazard_id FOR UPDATE"""  # noqa: S608
# What was merged with one of them goes with it: its survivor, or its sources.
_GATHERED: Final = f"""
SELECT {_WITH_HEAD.names} FROM hazard WHERE hazard_id IN (
       SELECT hazard_id FROM hazard WHERE hazard_id = ANY($1::uuid[])
        UNION SELECT hazard_id FROM hazard WHERE merged_into = ANY($1::uuid[])
        UNION SELECT merged_into FROM hazard WHERE hazard_id = ANY($1::uuid[]) AND merged_into IS NOT NULL)
 ORDER BY hazard_id FOR UPDATE OF hazard"""  # noqa: S608

_SERIALS: Final = Columns[tuple[str, int]]({"county": ("text", itemgetter(0)), "wanted": ("bigint", itemgetter(1))})
_NEXT_SERIALS: Final = f"""
INSERT INTO hazard_counter (county, year, last)
SELECT county, $3, wanted FROM {_SERIALS.rows("new")}
    ON CONFLICT (county, year) DO UPDATE SET last = hazard_counter.last + EXCLUDED.last
RETURNING county, last"""  # noqa: S608


async def hold_references(connection: Connection, references: Iterable[Reference]) -> None:
    """Keep these references to this transaction, also those that have no hazard yet.

    Two instances may meet one reference when a county writes it under different record keys.
    """
    await hold_names(connection, "reference", (f"{county}/{key}" for county, key in references))


async def lock_by_reference(connection: Connection, references: Sequence[Reference]) -> list[HazardRow]:
    """Return the hazards of these references, locked until the transaction ends."""
    rows = await connection.fetch(_BY_REFERENCE, *_REFERENCES.arguments(references))
    return [_hazard_row_of(row) for row in rows]


async def lock(connection: Connection, hazard_ids: Sequence[str]) -> list[HazardRow]:
    """Return the hazards of these ids and those that are merged with them, locked until the transaction ends."""
    return [_hazard_row_of(row) for row in await connection.fetch(_GATHERED, hazard_ids)]


async def lock_at_once(connection: Connection, hazard_ids: Sequence[str]) -> list[HazardRow]:
    """Return the hazards of these ids, locked until the transaction ends, if nobody else holds one of them.

    For those who hold others already, out of order: whoever waits for nobody is in no circle of those who wait. Raises
    LockNotAvailableError, which is worth a retry.
    """
    return [_hazard_row_of(row) for row in await connection.fetch(f"{_BY_ID} NOWAIT", hazard_ids)]


async def ids_of_numbers(connection: Connection, numbers: Sequence[str]) -> dict[str, str]:
    """Return the ids of the hazards that have these numbers; a number is never given to another hazard."""
    rows = await connection.fetch("SELECT number, hazard_id FROM hazard WHERE number = ANY($1::text[])", numbers)
    return {row["number"]: str(row["hazard_id"]) for row in rows}


async def insert(connection: Connection, rows: Sequence[HazardRow]) -> None:
    """Write new hazards, as registration left them; those that went further need `update` too.

    Raises Retryable when another instance registered one of them meanwhile.
    """
    try:
        await _REGISTERED.put(connection, "hazard", rows)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "hazard_one_per_reference":
            raise
        raise Retryable("a hazard was registered by another instance meanwhile") from error


async def update(connection: Connection, moved: Sequence[Moved]) -> None:
    """Write what changed of hazards that the transaction holds locked, and no other column."""
    if moved:
        columns, statement = _carrying(frozenset[str]().union(*(_differing(*each) for each in moved)))
        await connection.execute(statement, *columns.arguments(after for _, after in moved))


def _differing(before: HazardRow | None, after: HazardRow) -> frozenset[str]:
    return _EVERYTHING if before is None else frozenset(_CHANGING.differing(before, after))


# As many as there are kinds of rounds: a confirmation moves nine of forty columns.
@lru_cache(maxsize=256)
def _carrying(names: frozenset[str]) -> tuple[Columns[HazardRow], str]:
    columns = _CHANGING.only("hazard_id", *sorted(names - {"hazard_id"}))
    return columns, columns.update("hazard", ["hazard_id"])


async def next_serials(connection: Connection, year: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Raise each county's counter of `year` by what is wanted; return the first serial of each."""
    rows = await connection.fetch(_NEXT_SERIALS, *_SERIALS.arguments(sorted(wanted.items())), year)
    return {row["county"]: row["last"] - wanted[row["county"]] + 1 for row in rows}


def hazard_of(row: asyncpg.Record | Mapping[str, Any]) -> Hazard:
    """Return the hazard that a row with all of COLUMNS holds."""
    values: dict[str, Any] = dict(row)
    values["hazard_id"] = str(values["hazard_id"])
    # Made, not converted: a limit that the contract draws tighter one day must not make old rows unreadable.
    values["doubts"] = values["doubts"].split()
    values["merged_into"] = values["merged_into"] and str(values["merged_into"])
    found = {field: values[column] for column, field in _INSPECTION.items()}
    values["found_by"] = found if found["task_id"] else None
    for name, decoder in _DECODERS.items():
        values[name] = values[name] and decoder.decode(values[name])
    values["enterprise"] = Enterprise(name=values["enterprise_name"], uscc=values["enterprise_uscc"])
    return msgspec.convert(values, Hazard)


def _hazard_row_of(row: asyncpg.Record) -> HazardRow:
    return HazardRow(hazard_of(row), row["head"])
