"""The words of hazards: read a moment after they were written, and where a search has to look."""

from __future__ import annotations

from typing import Any, Final

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import words

# Dimensions of a scope whose codes stand among the pairs.
_NARROWING: Final = (Dimension.COUNTY, Dimension.TOWNSHIP, Dimension.SECTOR, Dimension.ENTERPRISE)
_TAKE: Final = """
DELETE FROM hazard_unread WHERE hazard_id IN (
       SELECT hazard_id FROM hazard_unread ORDER BY hazard_id DESC LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING hazard_id"""
_READ: Final = """
SELECT hazard_id, number, enterprise_name, place, description,
       county, township_code, sector, enterprise_uscc FROM hazard
 WHERE hazard_id = ANY($1::uuid[]) ORDER BY hazard_id"""
_ROW: Final = Columns[tuple[Any, str]](
    {"hazard_id": ("uuid", lambda row: row[0]), "pairs": ("text", lambda row: row[1])}
)
_KEEP: Final = f"""
INSERT INTO hazard_words (hazard_id, pairs)
SELECT hazard_id, array_to_tsvector(string_to_array(pairs, $3)) FROM {_ROW.rows("read")}
    ON CONFLICT (hazard_id) DO UPDATE SET pairs = EXCLUDED.pairs"""  # noqa: S608 - our own columns


async def read_some(connection: Connection, limit: int) -> int:
    """Read the words of up to `limit` hazards that are unread, the newest first; return how many. In a transaction."""
    taken = await connection.fetch(_TAKE, limit)
    rows = await connection.fetch(_READ, [row["hazard_id"] for row in taken])
    read = []
    for hazard_id, *texts, county, township, sector, enterprise in rows:
        codes = (words.code(name) for name in (county, township, sector, enterprise) if name)
        found = words.pairs(texts).union(codes)
        read.append((hazard_id, words.BETWEEN.join(found)))
    if read:
        await connection.execute(_KEEP, *_ROW.arguments(read), words.BETWEEN)
    return len(taken)


def looked_for(scope: Scope, text: str) -> str | None:
    """Return the tsquery of the hazards in scope that could hold `text`; None: anyone could."""
    return words.query(text, *(scope.codes(dimension) for dimension in _NARROWING))
