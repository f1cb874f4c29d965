"""Lists of tips by keyset. Filters are ANDed; None means no filter."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.database import Connection
from services.ledger.tips.model.tip import Tip
from services.ledger.tips.tables.rows import COLUMNS, tip_of

_SCOPED: Final = {
    Dimension.COUNTY: "county",
    Dimension.TOWNSHIP: "township",
    Dimension.SECTOR: "sector",
    Dimension.ENTERPRISE: "enterprise_uscc",
}
_EQUAL: Final = ("county", "sector", "state", "channel", "unit")


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader asks for; `unanswered_on` keeps referrals whose answer was due before that day and is missing."""

    county: str | None = None
    sector: str | None = None
    state: str | None = None
    channel: str | None = None
    unit: str | None = None
    unanswered_on: date | None = None


async def page(connection: Connection, scope: Scope, wanted: Filter, *, after: UUID | None, limit: int) -> list[Tip]:
    """Return up to `limit` tips, newest first, after tip `after`. Ids grow with time."""
    conditions, values = scope.where(_SCOPED)

    def add(condition: str, value: Any) -> None:
        values.append(value)
        conditions.append(condition.format(f"${len(values)}"))

    for column in _EQUAL:
        if (value := getattr(wanted, column)) is not None:
            add(f"{column} = {{0}}", value)
    if wanted.unanswered_on is not None:
        add("answered_at IS NULL AND answer_due_on < {0}", wanted.unanswered_on)
    if after is not None:
        add("tip_id < {0}", after)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    values.append(limit)
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM tip {where} ORDER BY tip_id DESC LIMIT ${len(values)}",  # noqa: S608
        *values,
    )
    return [tip_of(row) for row in rows]
