"""The trail in PostgreSQL: seals over it, pages of it, and what checks and prunes it. Rows come from `storage.trail`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.chassis.trail.model import BEGINNING, Anchor, Head, Seal, TrailRecord

HEAVY: Final = 20_000
"""Names in the rows of a page: some 800 KB."""
# Rows that are fetched at once.
_AT_ONCE: Final = 200
_FIELDS: Final = ", ".join(TrailRecord.__struct_fields__)
_SEAL_FIELDS: Final = ", ".join(Seal.__struct_fields__)
_POSITIONS: Final = Columns[int]({"position": ("bigint", lambda position: position)})
# "trai": instances take turns at the end of the chain, and nobody else waits.
_SEALING: Final = 0x7472_6169
# FOR UPDATE is a DELETE's own; a row that another session is about to take is left to it.
_TAKE: Final = """
DELETE FROM trail.unsealed WHERE position IN (SELECT position FROM trail.unsealed ORDER BY position LIMIT $1)
RETURNING position"""
_ROWS: Final = f"SELECT {_FIELDS} FROM trail.act JOIN {_POSITIONS.rows('asked')} USING (position) ORDER BY position"  # noqa: S608
_PAGE: Final = f"SELECT {_FIELDS} FROM trail.act WHERE "  # noqa: S608
_ADD_SEAL: Final = f"INSERT INTO trail.seal ({_SEAL_FIELDS}) VALUES ($1, $2, $3, $4, $5, $6)"  # noqa: S608
_SEALS: Final = f"SELECT {_SEAL_FIELDS} FROM trail.seal ORDER BY number"  # noqa: S608
_STRANGERS: Final = """
SELECT position FROM trail.act
EXCEPT SELECT unnest(positions) FROM trail.seal EXCEPT SELECT position FROM trail.unsealed ORDER BY 1 LIMIT $1"""
# Whole seals from the oldest on: all of their rows are older than the seal.
_PRUNE: Final = """
WITH gone AS (DELETE FROM trail.seal WHERE sealed_at < now() - $1::interval AND number < (SELECT max(number) FROM trail.seal)
              RETURNING number, digest, sealed_at, positions),
     rows AS (DELETE FROM trail.act USING (SELECT unnest(positions) AS position FROM gone) AS old
               WHERE act.position = old.position RETURNING 1)
SELECT number, digest, sealed_at, (SELECT count(*) FROM rows) AS rows FROM gone ORDER BY number DESC LIMIT 1"""

# Whoever owns a table, or could become its owner, may change it and everybody's rights.
_CHANGEABLE: Final = """
SELECT bool_or(pg_has_role(service.oid, part.relowner, 'MEMBER')
               OR has_table_privilege(service.oid, part.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
               OR part.relname = 'anchor' AND has_table_privilege(service.oid, part.oid, 'INSERT'))
  FROM pg_class AS part, (SELECT relowner AS oid FROM pg_class WHERE oid = 'schema_migration'::regclass) AS service
 WHERE part.oid IN ('trail.act'::regclass, 'trail.seal'::regclass, 'trail.anchor'::regclass)"""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are asked for; None = not asked. `since` counts, `until` does not."""

    account: str | None = None
    object: str | None = None
    event: str | None = None
    action: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def end_of_chain(connection: Connection) -> Head | None:
    """Hold the end of the chain until the transaction ends and return it; None while another session holds it."""
    if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _SEALING):
        return None
    # In a statement of its own: it sees what the last holder committed.
    row = await connection.fetchrow(
        """SELECT number, digest FROM (SELECT number, digest FROM trail.seal UNION ALL SELECT number, digest FROM trail.anchor)
               AS link ORDER BY number DESC LIMIT 1"""
    )
    return BEGINNING if row is None else Head(row["number"], row["digest"])


async def take_unsealed(connection: Connection, most: int) -> list[TrailRecord]:
    """Return rows that are to be sealed in this transaction, oldest first."""
    positions = [row["position"] for row in await connection.fetch(_TAKE, most)]
    return await rows_at(connection, positions) if positions else []


async def add_seal(connection: Connection, seal: Seal) -> None:
    """Write the next link of the chain."""
    await connection.execute(_ADD_SEAL, *(getattr(seal, name) for name in Seal.__struct_fields__))


async def unsealed(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many rows no seal holds yet, and the instant of the oldest."""
    row = await connection.fetchrow("SELECT count(*), min(at) FROM trail.unsealed JOIN trail.act USING (position)")
    assert row is not None  # noqa: S101 - an aggregate
    return row[0], row[1]


async def rows_at(connection: Connection, positions: Sequence[int]) -> list[TrailRecord]:
    """Return the rows at these positions that are there, in order."""
    return [_record(row) for row in await connection.fetch(_ROWS, *_POSITIONS.arguments(positions))]


async def page(
    connection: Connection, wanted: Filter, before: tuple[datetime, int] | None, limit: int
) -> list[TrailRecord]:
    """Return up to `limit` rows, newest first, that come after `before` (instant, position) in that order."""
    conditions, values = _conditions(wanted)
    if before is not None:
        conditions.append(f"(at, position) < (${len(values) + 1}, ${len(values) + 2})")
        values += before
    where = " AND ".join(["TRUE", *conditions])
    found = await connection.fetch(
        f"{_PAGE}{where} ORDER BY at DESC, position DESC LIMIT ${len(values) + 1}", *values, limit
    )
    return [_record(row) for row in found]


async def light_page(
    connection: Connection, wanted: Filter, before: tuple[datetime, int] | None, limit: int
) -> tuple[list[TrailRecord], int]:
    """Return the rows of `page` and how many of them to show: one more than those follows, unless these are the last.

    At most `limit`, and no more once they name HEAVY objects and events together: a batch of a county names a thousand.
    """
    found, weight = list[TrailRecord](), 0
    while True:
        wished = min(_AT_ONCE, limit + 1 - len(found))
        some = await page(connection, wanted, before, wished)
        for record in some:
            found.append(record)
            if len(found) > limit or weight >= HEAVY:
                return found, len(found) - 1
            weight += len(record.objects) + len(record.events)
        if len(some) < wished:
            return found, len(found)
        before = (found[-1].at, found[-1].position)


def _conditions(wanted: Filter) -> tuple[list[str], list[Any]]:
    texts = {
        "account = {}": wanted.account,
        "objects @> ARRAY[{}::text]": wanted.object,
        "events @> ARRAY[{}::text]": wanted.event,
        "action = {}": wanted.action,
        "outcome = {}": wanted.outcome,
        "at >= {}": wanted.since,
        "at < {}": wanted.until,
    }
    asked = [(text, value) for text, value in texts.items() if value is not None]
    return [text.format(f"${nth}") for nth, (text, _) in enumerate(asked, 1)], [value for _, value in asked]


async def seals(connection: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[Seal]:
    """Yield the chain from its beginning on, in the caller's transaction."""
    async for row in connection.cursor(_SEALS, prefetch=200):
        yield Seal(*(row[name] for name in Seal.__struct_fields__))


async def last_anchor(connection: Connection) -> Anchor | None:
    """Return where the chain begins, None when nothing was pruned yet."""
    row = await connection.fetchrow(
        "SELECT number, digest, sealed_at, pruned_at FROM trail.anchor ORDER BY number DESC LIMIT 1"
    )
    return None if row is None else Anchor(*row)


async def now(connection: Connection) -> datetime:
    """Return the database's instant, by which it judges itself what is old enough to go."""
    found: datetime = await connection.fetchval("SELECT now()")
    return found


async def is_taken_over(connection: Connection) -> bool:
    """Say whether the role that migrates the database, which is the service's, can change nothing of what is written."""
    return not await connection.fetchval(_CHANGEABLE)


async def strangers(connection: Connection, most: int) -> list[int]:
    """Return positions of rows that no seal holds and that wait for none."""
    return [row["position"] for row in await connection.fetch(_STRANGERS, most)]


async def prune(connection: Connection, keep: timedelta, *, account: str) -> int:
    """Take away the seals that were made more than `keep` ago, with their rows, leave an anchor; return how many rows went.

    By the database's clock, as its triggers reckon, too.
    """
    row = await connection.fetchrow(_PRUNE, keep)
    if row is None:
        return 0
    await connection.execute(
        "INSERT INTO trail.anchor (number, digest, sealed_at, pruned_at, pruned_by) VALUES ($1, $2, $3, now(), $4)",
        row["number"],
        row["digest"],
        row["sealed_at"],
        account,
    )
    rows: int = row["rows"]
    return rows


def _record(row: asyncpg.Record) -> TrailRecord:
    return TrailRecord(*(row[name] for name in TrailRecord.__struct_fields__))
