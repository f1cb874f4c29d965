"""Counts of hazards from what is tallied of them (triggers of `0017_tallies.sql`): they cost the same at any number."""

from __future__ import annotations

from typing import Final

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.database import Connection
from services.ledger.hazards.tables.register import Filter, Group, counted_once

_SCOPED: Final = {Dimension.COUNTY: "county", Dimension.TOWNSHIP: "township_code", Dimension.SECTOR: "sector"}
_EQUAL: Final = (
    "county", "sector", "grade", "state", "channel", "responsible_unit", "overdue", "listed", "first_confirmed", "sent_up_to",
)  # fmt: skip
_CELL: Final = (
    """county, sector, state, grade, channel, responsible_unit, overdue, listed, first_confirmed, sent_up_to"""
)
# Two that added up at once would wait for each other's cells.
_ALONE: Final = "SELECT pg_try_advisory_xact_lock(hashtext('hazard tallies'))"
_ADD_UP: Final = f"""
WITH taken AS (DELETE FROM hazard_tally_change RETURNING *),
     everywhere AS (
         INSERT INTO hazard_tally ({_CELL}, hazards)
         SELECT {_CELL}, sum(hazards) FROM taken GROUP BY {_CELL} HAVING sum(hazards) <> 0
             ON CONFLICT ON CONSTRAINT hazard_tally_one_each
             DO UPDATE SET hazards = hazard_tally.hazards + EXCLUDED.hazards)
INSERT INTO hazard_tally_of_township (township_code, {_CELL}, hazards)
SELECT township_code, {_CELL}, sum(hazards) FROM taken WHERE township_code IS NOT NULL
 GROUP BY township_code, {_CELL} HAVING sum(hazards) <> 0
    ON CONFLICT ON CONSTRAINT hazard_tally_of_township_one_each
    DO UPDATE SET hazards = hazard_tally_of_township.hazards + EXCLUDED.hazards
"""  # noqa: S608 - our own columns
# Passes over what is being swept by another.
_SWEEP: Final = "VACUUM (SKIP_LOCKED, TRUNCATE false) hazard_tally_change, hazard_unread"


def can_tell(scope: Scope, wanted: Filter) -> bool:
    """Return whether what is asked for can be told from tallies alone."""
    apart = wanted.text or wanted.reference or wanted.task or wanted.listing_level
    return not apart and scope.enterprise is None


async def count(connection: Connection, scope: Scope, wanted: Filter, by: Group | None) -> list[tuple[str | None, int]]:
    """Return (value of `by`, number of hazards) per group; without `by` one row for all. What `can_tell` says can be told."""
    conditions, values = scope.where(_SCOPED)
    for name in _EQUAL:
        if (value := getattr(wanted, name)) is not None:
            values.append(value)
            conditions.append(f"{name} = ${len(values)}")
    where = " AND ".join([*conditions, *counted_once(wanted)]) or "true"
    added = "hazard_tally" if scope.township is None else "hazard_tally_of_township"
    column = by or "NULL::text"
    rows = await connection.fetch(
        f"""SELECT told, sum(hazards)::bigint FROM (
                   SELECT {column} AS told, hazards FROM {added} WHERE {where}
                    UNION ALL SELECT {column}, hazards FROM hazard_tally_change WHERE {where}) AS each
             GROUP BY told HAVING sum(hazards) > 0 ORDER BY told""",  # noqa: S608 - our own columns
        *values,
    )
    return [(row[0], row[1]) for row in rows]


async def add_up(connection: Connection) -> bool:
    """Add up what has changed, unless another instance does; return whether this one did. In a transaction."""
    if not await connection.fetchval(_ALONE):
        return False
    await connection.execute(_ADD_UP)
    return True


async def sweep(connection: Connection) -> None:
    """Free the room of what was added up and of what was read. Outside a transaction.

    Every count and every search reads those tables through, and until autovacuum comes around (minutes) also what is dead
    there. The tables keep their size, since giving it back locks readers out.
    """
    await connection.execute(_SWEEP)
