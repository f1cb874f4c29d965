"""Reading the claims that wait and those that were refused, in the order they came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.database import Connection

# A claim says which county sent it; what it is about may be unreadable. Whoever is bound to less sees none.
_SCOPED: Final = {Dimension.COUNTY: "county"}
_KEPT: Final = """id, county, reference, event_id, source, type, received_at, value,
       topic || '/' || partition || '/' || "offset" AS origin"""


async def waiting(connection: Connection, scope: Scope, after: int, limit: int) -> list[Mapping[str, Any]]:
    """Return up to `limit` claims that wait, after the one of id `after`."""
    return await _page(connection, "waiting_claim", "waiting_for", scope, after, limit)


async def rejected(connection: Connection, scope: Scope, after: int, limit: int) -> list[Mapping[str, Any]]:
    """Return up to `limit` refused claims, after the one of id `after`."""
    return await _page(connection, "rejected_claim", "code, message, field, rule, rejected_at", scope, after, limit)


async def _page(
    connection: Connection, table: str, columns: str, scope: Scope, after: int, limit: int
) -> list[Mapping[str, Any]]:
    conditions, values = scope.where(_SCOPED, first=3)
    where = " AND ".join(["id > $1", *conditions])
    statement = f"SELECT {_KEPT}, {columns} FROM {table} WHERE {where} ORDER BY id LIMIT $2"  # noqa: S608
    return [dict(row) for row in await connection.fetch(statement, after, limit, *values)]
