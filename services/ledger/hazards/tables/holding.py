"""Which hazards somebody else holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.chassis.storage.database import Connection

# A hazard goes with what is merged with it, as `hazard_rows.lock` takes them.
_GATHERS: Final = """
SELECT hazard_id, hazard_id AS gathered FROM hazard WHERE hazard_id = ANY($1::uuid[])
 UNION ALL SELECT merged_into, hazard_id FROM hazard WHERE merged_into = ANY($1::uuid[])
 UNION ALL SELECT hazard_id, merged_into FROM hazard WHERE hazard_id = ANY($1::uuid[]) AND merged_into IS NOT NULL"""
_FREE: Final = (
    "SELECT hazard_id FROM hazard WHERE hazard_id = ANY($1::uuid[]) ORDER BY hazard_id FOR UPDATE SKIP LOCKED"
)


async def held_by_others(connection: Connection, hazard_ids: Sequence[str]) -> set[str]:
    """Return those of these hazards that `hazard_rows.lock` would wait for now; hold the others until the transaction ends."""
    rows = await connection.fetch(_GATHERS, hazard_ids)
    taken = await connection.fetch(_FREE, {row["gathered"] for row in rows})
    free = {row["hazard_id"] for row in taken}
    return {str(row["hazard_id"]) for row in rows if row["gathered"] not in free}
