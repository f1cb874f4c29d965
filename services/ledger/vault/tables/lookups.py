"""Who asked for an identity, why, who released it, and how often it was read. Rows are added and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import asyncpg

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.database import Connection
from services.ledger.vault.model.lookups import About, Lookup, LookupStep, Reason

_ABOUT: Final = ("subject_id", "number", "county", "township", "sector")
_SCOPED: Final = {
    Dimension.COUNTY: "county",
    Dimension.TOWNSHIP: "township",
    Dimension.SECTOR: "sector",
}
_SELECT: Final = """
SELECT lookup.*, released.account AS released_by, released.at AS released_at,
       coalesce(reads.number_of, 0) AS read, reads.last AS last_read_at
  FROM lookup
  LEFT JOIN lookup_step AS released ON released.lookup_id = lookup.lookup_id AND released.step = 'released'
  LEFT JOIN LATERAL (
      SELECT count(*) AS number_of, max(at) AS last FROM lookup_step
       WHERE lookup_step.lookup_id = lookup.lookup_id AND step = 'read') AS reads ON true"""


async def insert(connection: Connection, lookup: Lookup) -> None:
    """Record that an identity is asked for."""
    await connection.execute(
        """INSERT INTO lookup (lookup_id, subject_id, number, county, township, sector,
                               reason, note, needs_release, asked_by, asked_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        lookup.lookup_id,
        *(getattr(lookup.about, name) for name in _ABOUT),
        lookup.reason,
        lookup.note,
        lookup.needs_release,
        lookup.asked_by,
        lookup.asked_at,
    )


async def add_step(connection: Connection, lookup_id: str, step: LookupStep, account: str, at: datetime) -> None:
    """Record a release or a reading."""
    await connection.execute(
        "INSERT INTO lookup_step (lookup_id, step, account, at) VALUES ($1, $2, $3, $4)", lookup_id, step, account, at
    )


async def find(connection: Connection, lookup_id: str) -> Lookup | None:
    """Return a look-up, or None."""
    row = await connection.fetchrow(f"{_SELECT} WHERE lookup.lookup_id = $1", lookup_id)
    return None if row is None else _lookup(row)


async def page(connection: Connection, scope: Scope, *, before: str | None, limit: int) -> list[Lookup]:
    """Return up to `limit` look-ups within a scope, newest first, older than `before`. Ids grow with time."""
    conditions, values = scope.where(_SCOPED, first=3)
    where = " AND ".join(["($1::uuid IS NULL OR lookup.lookup_id < $1)", *conditions])
    rows = await connection.fetch(
        f"{_SELECT} WHERE {where} ORDER BY lookup.lookup_id DESC LIMIT $2",
        before,
        limit,
        *values,
    )
    return [_lookup(row) for row in rows]


async def count(connection: Connection, scope: Scope) -> list[tuple[str, int, int]]:
    """Return (account, look-ups asked for, times that it read an identity) within a scope, in order of accounts."""
    conditions, values = scope.where(_SCOPED)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await connection.fetch(
        f"""SELECT asked_by, count(*) AS asked, sum(
                       (SELECT count(*) FROM lookup_step
                         WHERE lookup_step.lookup_id = lookup.lookup_id AND step = 'read'))::bigint AS read
              FROM lookup {where} GROUP BY asked_by ORDER BY asked_by""",  # noqa: S608
        *values,
    )
    return [(row["asked_by"], row["asked"], row["read"]) for row in rows]


def _lookup(row: asyncpg.Record) -> Lookup:
    values: dict[str, Any] = dict(row)
    about = {name: values.pop(name) for name in _ABOUT}
    values["lookup_id"] = str(values["lookup_id"])
    return Lookup(
        about=About(**{**about, "subject_id": str(about["subject_id"])}),
        **{**values, "reason": Reason(values["reason"])},
    )
