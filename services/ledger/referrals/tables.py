"""SQL of referrals."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import asyncpg
import msgspec

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.groups.model import Month
from services.ledger.referrals.model import Referral, Reply

Position = tuple[date, str]
"""Where a page ended: the day of the referral, the id."""
_KEPT: Final = Columns[Referral](
    {
        "referral_id": "uuid",
        "kind": ("text", "kind.value"),
        "body": "text",
        "document": "text",
        "matter": "text",
        "county": "text",
        "sector": "text",
        "hazard_id": "uuid",
        "hazard_number": "text",
        "from_unit": "text",
        "referred_on": "date",
        "recorded_at": "timestamptz",
    }
)
_COLUMNS: Final = f"{_KEPT.names}, replied_on, taken_up, reply"
_SCOPED: Final = {Dimension.COUNTY: "county", Dimension.SECTOR: "sector"}


async def insert(connection: Connection, referral: Referral, account: str) -> None:
    """Write a new referral; `account` recorded it."""
    recorded = _KEPT | Columns[Referral]({"recorded_by": ("text", lambda _: account)})
    await recorded.put(connection, "referral", [referral])


async def write_reply(connection: Connection, referral_id: str, reply: Reply, account: str) -> None:
    """Write the reply to a referral that the transaction holds locked; `account` recorded it."""
    await connection.execute(
        "UPDATE referral SET replied_on = $2, taken_up = $3, reply = $4, replied_by = $5 WHERE referral_id = $1",
        referral_id,
        reply.replied_on,
        reply.taken_up,
        reply.reply,
        account,
    )


async def find(connection: Connection, referral_id: str, *, lock: bool = False) -> Referral | None:
    """Return a referral, with `lock` held until the transaction ends, or None."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM referral WHERE referral_id = $1 {'FOR UPDATE' if lock else ''}",  # noqa: S608 - ours
        referral_id,
    )
    return _referral(row) if row else None


async def page(
    connection: Connection,
    scope: Scope,
    *,
    is_open: bool | None = None,
    alive_in: Month | None = None,
    after: Position | None,
    limit: int,
) -> list[Referral]:
    """Return up to `limit` referrals in order of their days, behind `after`; `alive_in`: open on some day of that month."""
    conditions, values = scope.where(_SCOPED)

    def add(condition: str, *asked: Any) -> None:
        conditions.append(condition.format(*(f"${len(values) + index}" for index in range(1, len(asked) + 1))))
        values.extend(asked)

    if is_open is not None:
        add(f"replied_on IS {'' if is_open else 'NOT '}NULL")
    if alive_in is not None:
        add("referred_on <= {} AND (replied_on IS NULL OR replied_on >= {})", alive_in.last, alive_in.first)
    if after is not None:
        add("(referred_on, referral_id) > ({}, {}::uuid)", *after)
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS} FROM referral WHERE {" AND ".join(["true", *conditions])}
             ORDER BY referred_on, referral_id LIMIT ${len(values) + 1}""",  # noqa: S608 - our own columns
        *values,
        limit,
    )
    return [_referral(row) for row in rows]


def _referral(row: asyncpg.Record) -> Referral:
    values = dict(row)
    said = {name: values.pop(name) for name in ("replied_on", "taken_up", "reply")}
    values["reply"] = None if said["replied_on"] is None else said
    values["referral_id"] = str(values["referral_id"])
    values["hazard_id"] = values["hazard_id"] and str(values["hazard_id"])
    return msgspec.convert(values, Referral)
