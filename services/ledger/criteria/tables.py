"""Versions of criteria and their clauses: kept once, read by sector and day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Final

import asyncpg

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.chassis.storage.locks import hold_names
from services.ledger.criteria.model.standards import ALL, Clause, Standard

_HEAD: Final = "sector, version, title, document, in_force_on, until_on"
_CLAUSES: Final = Columns[tuple[Standard, int, Clause]](
    {
        "sector": ("text", lambda row: row[0].sector),
        "version": ("text", lambda row: row[0].version),
        "place": ("integer", itemgetter(1)),
        "code": ("text", lambda row: row[2].code),
        "text": ("text", lambda row: row[2].text),
    }
)
_KEYS: Final = Columns[tuple[str, str]]({"sector": ("text", itemgetter(0)), "version": ("text", itemgetter(1))})
_OF_VERSIONS: Final = f"""
SELECT sector, version, code, text FROM criteria_clause JOIN {_KEYS.rows("wanted")} USING (sector, version)
 ORDER BY sector, version, place"""  # noqa: S608
_INSERT: Final = f"""
INSERT INTO criteria_version ({_HEAD}, loaded_at, loaded_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""  # noqa: S608


async def hold(connection: Connection, sectors: Iterable[str]) -> None:
    """Keep these sectors' criteria to this transaction: two loads of one version meet here."""
    await hold_names(connection, "criteria", sectors)


async def of_sectors(connection: Connection, sectors: Collection[str]) -> list[Standard]:
    """Return every version of these sectors, with its clauses in their order."""
    rows = await connection.fetch(
        f"SELECT {_HEAD} FROM criteria_version WHERE sector = ANY($1::text[])",  # noqa: S608
        sorted(sectors),
    )
    return await _whole(connection, rows)


async def holding(connection: Connection, sectors: Collection[str], day: date) -> list[Standard]:
    """Return the newest version that holds on `day` of each of these sectors, and of all sectors, with its clauses."""
    rows = await connection.fetch(
        f"""SELECT DISTINCT ON (sector) {_HEAD} FROM criteria_version
             WHERE sector = ANY($1::text[]) AND in_force_on <= $2 AND (until_on IS NULL OR until_on >= $2)
             ORDER BY sector, in_force_on DESC""",  # noqa: S608
        sorted({*sectors, ALL}),
        day,
    )
    return await _whole(connection, rows)


async def page(
    connection: Connection, *, sector: str | None, on: date | None, after: tuple[str, str] | None, limit: int
) -> list[Mapping[str, Any]]:
    """Return up to `limit` versions by sector and name after `after`, each with how many clauses it has.

    `on` keeps those that hold on that day.
    """
    rows = await connection.fetch(
        f"""SELECT {_HEAD}, loaded_at,
                   (SELECT count(*) FROM criteria_clause AS c WHERE (c.sector, c.version) = (v.sector, v.version)) AS clauses
              FROM criteria_version AS v
             WHERE ($1::text IS NULL OR sector = $1)
               AND ($2::date IS NULL OR (
                    in_force_on <= $2 AND (until_on IS NULL OR until_on >= $2)
                    AND NOT EXISTS (
                        SELECT FROM criteria_version AS newer
                         WHERE newer.sector = v.sector AND newer.in_force_on > v.in_force_on
                           AND newer.in_force_on <= $2 AND (newer.until_on IS NULL OR newer.until_on >= $2))))
               AND ($3::text IS NULL OR (sector, version) > ($3, $4))
             ORDER BY sector, version LIMIT $5""",  # noqa: S608
        sector,
        on,
        *(after or (None, None)),
        limit,
    )
    return [dict(row) for row in rows]


async def one(connection: Connection, sector: str, version: str) -> Standard | None:
    """Return one version with its clauses, or None."""
    rows = await connection.fetch(
        f"SELECT {_HEAD} FROM criteria_version WHERE sector = $1 AND version = $2",  # noqa: S608
        sector,
        version,
    )
    found = await _whole(connection, rows)
    return found[0] if found else None


async def insert(connection: Connection, standards: Sequence[Standard], *, at: datetime, by: str) -> None:
    """Write new versions with their clauses."""
    for one_of_them in standards:
        said = [getattr(one_of_them, name) for name in _HEAD.split(", ")]
        await connection.execute(_INSERT, *said, at, by)
    numbered = [(each, place, clause) for each in standards for place, clause in enumerate(each.clauses, start=1)]
    await _CLAUSES.put(connection, "criteria_clause", numbered)


async def _whole(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[Standard]:
    if not rows:
        return []
    keys = [(row["sector"], row["version"]) for row in rows]
    clauses: dict[tuple[str, str], list[Clause]] = {key: [] for key in keys}
    for row in await connection.fetch(_OF_VERSIONS, *_KEYS.arguments(keys)):
        clauses[row["sector"], row["version"]].append(Clause(code=row["code"], text=row["text"]))
    return [Standard(**row, clauses=tuple(clauses[row["sector"], row["version"]])) for row in rows]
