"""One tip at a time: its number, its row, and the records of what was done to it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from duban_contracts.events.types import Enterprise
from services.chassis.access.scope import Facts
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.tips.model.tip import Doing, Tip, TipChannel, TipRecord, TipState

_ROW: Final = Columns[Tip](
    {
        "tip_id": "uuid",
        "number": "text",
        "version": "integer",
        "state": "text",
        "channel": "text",
        "county": "text",
        "township": "text",
        "sector": "text",
        "place": "text",
        "content": "text",
        "enterprise_name": ("text", lambda tip: tip.enterprise.name if tip.enterprise else None),
        "enterprise_uscc": ("text", lambda tip: tip.enterprise.uscc if tip.enterprise else None),
        "unit": "text",
        "source_number": "text",
        "answer_due_on": "date",
        "has_reporter": "boolean",
        "received_at": "timestamptz",
        "received_by": "text",
        "decided_at": "timestamptz",
        "decided_by": "text",
        "visited_on": "date",
        "hazard_id": "uuid",
        "hazard_number": "text",
        "told_at": "timestamptz",
        "answered_at": "timestamptz",
        "changed_at": "timestamptz",
    }
)
COLUMNS: Final = f"{_ROW.names}, erased_at"
_UPDATE: Final = _ROW.update("tip", ["tip_id"])
_RECORD: Final = Columns[TipRecord](
    {
        "tip_id": "uuid",
        "version": "integer",
        "doing": "text",
        "at": "timestamptz",
        "account": "text",
        "text": "text",
    }
)


def facts_of(tip: Tip) -> Facts:
    """Return what decides who may see a tip."""
    return Facts(
        county=tip.county,
        township=tip.township,
        sector=tip.sector,
        unit=tip.unit,
        enterprise=tip.enterprise.uscc if tip.enterprise else None,
    )


async def next_number(connection: Connection, county: str, year: int) -> str:
    """Return the next number of a county's tips in a year; a transaction that fails gives it back."""
    serial = await connection.fetchval(
        """INSERT INTO tip_counter (county, year, last) VALUES ($1, $2, 1)
           ON CONFLICT (county, year) DO UPDATE SET last = tip_counter.last + 1 RETURNING last""",
        county,
        year,
    )
    return f"JB-{county}-{year}-{serial:06d}"


async def insert(connection: Connection, tip: Tip, record: TipRecord) -> None:
    """Write a new tip with its first record."""
    await _ROW.put(connection, "tip", [tip])
    await _RECORD.put(connection, "tip_record", [record])


async def update(connection: Connection, tip: Tip, record: TipRecord) -> None:
    """Write what was done to a tip that the transaction holds locked."""
    await connection.execute(_UPDATE, *_ROW.arguments([tip]))
    await _RECORD.put(connection, "tip_record", [record])


async def find(connection: Connection, name: str) -> Tip | None:
    """Return the tip of this id or number, or None."""
    return await _one(connection, name, "")


async def lock(connection: Connection, name: str) -> Tip | None:
    """Return the tip of this id or number, locked until the transaction ends, or None."""
    return await _one(connection, name, "FOR UPDATE")


async def records(connection: Connection, tip_id: str) -> list[TipRecord]:
    """Return what was done to a tip, oldest first."""
    rows = await connection.fetch(
        f"SELECT {_RECORD.names} FROM tip_record WHERE tip_id = $1 ORDER BY version",  # noqa: S608
        tip_id,
    )
    return [TipRecord(**{**row, "tip_id": str(row["tip_id"]), "doing": Doing(row["doing"])}) for row in rows]


async def known(connection: Connection, tip_ids: Collection[str]) -> set[str]:
    """Return those of these ids that are tips."""
    rows = await connection.fetch("SELECT tip_id FROM tip WHERE tip_id = ANY($1::uuid[])", list(tip_ids))
    return {str(row["tip_id"]) for row in rows}


async def to_erase(connection: Connection, before: datetime, limit: int) -> list[str]:
    """Return up to `limit` tips that ended before an instant and whose reporter's identity is still kept."""
    rows = await connection.fetch(
        """SELECT tip_id FROM tip WHERE has_reporter AND erased_at IS NULL AND state <> 'received' AND changed_at < $1
            ORDER BY changed_at LIMIT $2""",
        before,
        limit,
    )
    return [str(row["tip_id"]) for row in rows]


async def note_erased(connection: Connection, tip_ids: Collection[str], at: datetime) -> None:
    """Note that the identities of these tips' reporters are gone."""
    await connection.execute("UPDATE tip SET erased_at = $2 WHERE tip_id = ANY($1::uuid[])", list(tip_ids), at)


def tip_of(row: asyncpg.Record) -> Tip:
    """Return the tip that a row with all of COLUMNS holds."""
    values: dict[str, Any] = dict(row)
    name, uscc = values.pop("enterprise_name"), values.pop("enterprise_uscc")
    values["enterprise"] = None if name is None else Enterprise(name=name, uscc=uscc)
    values["tip_id"] = str(values["tip_id"])
    values["hazard_id"] = str(values["hazard_id"]) if values["hazard_id"] else None
    return Tip(**{**values, "state": TipState(values["state"]), "channel": TipChannel(values["channel"])})


async def _one(connection: Connection, name: str, lock: str) -> Tip | None:
    try:
        column, value = "tip_id", str(UUID(name))
    except ValueError:
        column, value = "number", name
    row = await connection.fetchrow(f"SELECT {COLUMNS} FROM tip WHERE {column} = $1 {lock}", value)  # noqa: S608
    return None if row is None else tip_of(row)
