"""Hazards by their keys, for many readers in one statement, and the versions at which they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.tables.entries import COLUMNS, Reference, hazard_of

_REFERENCES: Final = Columns[Reference]({"county": ("text", itemgetter(0)), "reference_key": ("text", itemgetter(1))})

# The names are this module's and the row's own; every value travels as a parameter.
_OF_IDS: Final = f"SELECT {COLUMNS} FROM hazard WHERE hazard_id = ANY ($1::uuid[])"  # noqa: S608
_OF_NUMBERS: Final = f"SELECT {COLUMNS} FROM hazard WHERE number = ANY ($1::text[])"  # noqa: S608
_UNDER: Final = f"""
SELECT {COLUMNS} FROM hazard JOIN {_REFERENCES.rows("wanted")} USING (county, reference_key)"""  # noqa: S608
_VERSIONS: Final = "SELECT hazard_id, version FROM hazard WHERE hazard_id = ANY ($1::uuid[])"
_VERSIONS_UNDER: Final = f"""
SELECT county, reference_key, hazard_id, version FROM hazard JOIN {_REFERENCES.rows("wanted")}
 USING (county, reference_key)"""  # noqa: S608


async def of_ids(connection: Connection, hazard_ids: Collection[str]) -> list[Hazard]:
    """Return the hazards of these ids, in no order."""
    return [hazard_of(row) for row in await connection.fetch(_OF_IDS, hazard_ids)]


async def of_numbers(connection: Connection, numbers: Collection[str]) -> list[Hazard]:
    """Return the hazards of these numbers, in no order."""
    return [hazard_of(row) for row in await connection.fetch(_OF_NUMBERS, numbers)]


async def under(connection: Connection, references: Sequence[Reference]) -> list[Hazard]:
    """Return the hazards that stand under these keys of references, in no order."""
    return [hazard_of(row) for row in await connection.fetch(_UNDER, *_REFERENCES.arguments(references))]


async def versions(connection: Connection, hazard_ids: Collection[str]) -> dict[str, int]:
    """Return at which version each of these hazards stands."""
    return {str(row["hazard_id"]): row["version"] for row in await connection.fetch(_VERSIONS, hazard_ids)}


async def versions_under(connection: Connection, references: Sequence[Reference]) -> list[tuple[Reference, str, int]]:
    """Return the id and version of what stands under each of these keys of references."""
    rows = await connection.fetch(_VERSIONS_UNDER, *_REFERENCES.arguments(references))
    return [((row["county"], row["reference_key"]), str(row["hazard_id"]), row["version"]) for row in rows]
