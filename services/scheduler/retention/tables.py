"""SQL of tombstones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.scheduler.retention.model import PersonalRecord, Tombstone

_COLUMNS: Final = Columns[Tombstone](
    {
        "kind": ("text", "kind.value"),
        "subject_id": "text",
        "persons": "integer",
        "ended_on": "date",
        "erased_at": "timestamptz",
        "erased_by": "text",
        "reason": "text",
    }
)


async def bury(connection: Connection, tombstones: Sequence[Tombstone]) -> None:
    """Write tombstones in the transaction that erases; each subject is erased once."""
    await _COLUMNS.put(connection, "erasure", tombstones)


async def is_erased(connection: Connection, kind: PersonalRecord, subject_id: str) -> bool:
    """Return whether something of this id was there and was erased."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM erasure WHERE kind = $1 AND subject_id = $2)", kind.value, subject_id
    )
    return found


async def page(connection: Connection, *, after: tuple[str, str], limit: int) -> list[Tombstone]:
    """Return up to `limit` tombstones in order of kind and id, behind `after`."""
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS.names} FROM erasure WHERE (kind, subject_id) > ($1, $2)
             ORDER BY kind, subject_id LIMIT $3""",  # noqa: S608 - our own columns
        *after,
        limit,
    )
    return [Tombstone(**{**row, "kind": PersonalRecord(row["kind"])}) for row in rows]
