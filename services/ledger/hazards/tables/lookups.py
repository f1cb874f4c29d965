"""Hazards by their keys, for many readers in one statement, and the versions at which they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables.hazard_rows import COLUMNS, Reference, hazard_of

_REFERENCES: Final = Columns[Reference]({"county": ("text", itemgetter(0)), "reference_key": ("text", itemgetter(1))})

Asked = tuple[str, HazardKey | Reference]
"""A hazard, or what stands under a reference, and the scope within which somebody asks for it (`Scope.said`)."""
_ASKED: Final = Columns[Asked](
    {
        "scope": ("text", itemgetter(0)),
        "hazard_id": ("uuid", lambda asked: getattr(asked[1], "hazard_id", None)),
        "number": ("text", lambda asked: getattr(asked[1], "number", None)),
        "county": ("text", lambda asked: None if isinstance(asked[1], HazardKey) else asked[1][0]),
        "reference_key": ("text", lambda asked: None if isinstance(asked[1], HazardKey) else asked[1][1]),
    }
)
# The names are this module's and the row's own; every value travels as a parameter.
_ASKED_FOR: Final = f"""
SELECT nth, {", ".join(f"(found).{column}" for column in COLUMNS.split(", "))} FROM hazards_asked_for($1, $2, $3, $4, $5)"""  # noqa: S608
_VERSIONS: Final = "SELECT hazard_id, version FROM hazard WHERE hazard_id = ANY ($1::uuid[])"
_VERSIONS_UNDER: Final = f"""
SELECT county, reference_key, hazard_id, version FROM hazard JOIN {_REFERENCES.rows("wanted")}
 USING (county, reference_key)"""  # noqa: S608


async def asked_for(connection: Connection, asked: Sequence[Asked]) -> list[list[Hazard]]:
    """Return for each of these what stands there within its scope, in no order."""
    found = [list[Hazard]() for _ in asked]
    for row in await connection.fetch(_ASKED_FOR, *_ASKED.arguments(asked)):
        values = dict(row)
        found[values.pop("nth") - 1].append(hazard_of(values))
    return found


async def versions(connection: Connection, hazard_ids: Collection[str]) -> dict[str, int]:
    """Return at which version each of these hazards stands."""
    return {str(row["hazard_id"]): row["version"] for row in await connection.fetch(_VERSIONS, hazard_ids)}


async def versions_under(connection: Connection, references: Sequence[Reference]) -> list[tuple[Reference, str, int]]:
    """Return the id and version of what stands under each of these keys of references."""
    rows = await connection.fetch(_VERSIONS_UNDER, *_REFERENCES.arguments(references))
    return [((row["county"], row["reference_key"]), str(row["hazard_id"]), row["version"]) for row in rows]
