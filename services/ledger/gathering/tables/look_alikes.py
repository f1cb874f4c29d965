"""Reports that meet under one key, and those of them that look alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final
from uuid import UUID

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.merge import SURVIVES
from services.ledger.hazards.tables.entries import COLUMNS, hazard_of
from services.ledger.hazards.tables.register import SCOPED

_KEYS: Final = Columns[tuple[str, str]]({"key": ("text", itemgetter(0)), "hazard_id": ("uuid", itemgetter(1))})


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Two hazards that look alike, the later one first."""

    hazard_id: str
    other_id: str
    likeness: float


_COLUMNS: Final = Columns[LookAlike]({"hazard_id": "uuid", "other_id": "uuid", "likeness": "real"})
# $1 when it was found
_KEEP: Final = f"""INSERT INTO look_alike (found_at, {_COLUMNS.names})
SELECT $1, {_COLUMNS.names} FROM {_COLUMNS.rows("found", first=2)}"""  # noqa: S608 - our own columns
_NAMED: Final = "hazard." + COLUMNS.replace(", ", ", hazard.")
# The newest under each of the keys $1: however many an enterprise has, a look costs the same.
_WANTED: Final = Columns[str]({"key": ("text", str)})
_RECENT: Final = f"""
SELECT DISTINCT hazard_id FROM {_WANTED.rows("wanted")} CROSS JOIN LATERAL (
       SELECT hazard_id FROM hazard_key WHERE hazard_key.key = wanted.key ORDER BY hazard_id DESC LIMIT 100) AS newest"""  # noqa: S608
# The newest of those that meet: $1 keys, $2 states, $3 how many.
_MEETING: Final = f"""
SELECT {_NAMED} FROM hazard JOIN ({_RECENT}) AS met USING (hazard_id)
 WHERE hazard.state = ANY($2::text[])"""  # noqa: S608 - our own columns
# $1 keys, $2 states
_FORGET: Final = f"""
DELETE FROM hazard_key USING hazard WHERE hazard_key.hazard_id = hazard.hazard_id
   AND hazard_key.hazard_id IN ({_RECENT}) AND NOT hazard.state = ANY($2::text[])"""  # noqa: S608 - our own columns


async def of_hazards(connection: Connection, hazard_ids: Sequence[str]) -> list[Hazard]:
    """Return those of these hazards that are open."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM hazard WHERE hazard_id = ANY($1::uuid[]) AND state = ANY($2::text[])",  # noqa: S608 - ours
        hazard_ids,
        sorted(SURVIVES),
    )
    return [hazard_of(row) for row in rows]


async def keep_keys(connection: Connection, keys: Mapping[str, Iterable[str]]) -> None:
    """Let each hazard of `keys` be met under its keys, and under no others."""
    rows = [(key, hazard_id) for hazard_id, each in sorted(keys.items()) for key in sorted(set(each))]
    await connection.execute("DELETE FROM hazard_key WHERE hazard_id = ANY($1::uuid[])", sorted(keys))
    await _KEYS.put(connection, "hazard_key", rows)


async def forget_decided(connection: Connection, keys: Iterable[str]) -> None:
    """Let no hazard be met under these keys that is no longer open, so that those which are come to be looked at."""
    await connection.execute(_FORGET, sorted(set(keys)), sorted(SURVIVES))


async def meeting(connection: Connection, keys: Sequence[str], scope: Scope, limit: int) -> list[Hazard]:
    """Return the newest open hazards in scope that are met under one of `keys`, up to `limit`."""
    conditions, values = scope.where(_of("hazard"), first=4)
    rows = await connection.fetch(
        f"{_MEETING} {''.join(f' AND {each}' for each in conditions)} ORDER BY hazard_id DESC LIMIT $3",
        list(keys),
        sorted(SURVIVES),
        limit,
        *values,
    )
    return [hazard_of(row) for row in rows]


async def keep(connection: Connection, compared: Sequence[str], found: Sequence[LookAlike], at: datetime) -> None:
    """Keep what the hazards `compared` look like by now, in the place of what was found of them before."""
    await connection.execute(
        "DELETE FROM look_alike WHERE hazard_id = ANY($1::uuid[]) OR other_id = ANY($1::uuid[])", list(compared)
    )
    await connection.execute(f"{_KEEP} ON CONFLICT DO NOTHING", at, *_COLUMNS.arguments(found))


async def page(
    connection: Connection, scope: Scope, *, after: tuple[UUID, UUID] | None, limit: int
) -> list[tuple[Hazard, Hazard, float]]:
    """Return up to `limit` pairs of open hazards that look alike, both in scope, the newest first.

    What was merged or decided since is no pair of open hazards any more, and is passed over.
    """
    conditions, values = scope.where(_of("one"), first=5)
    others, _ = scope.where(_of("other"), first=5)
    rows = await connection.fetch(
        f"""SELECT pair.hazard_id, other_id, likeness FROM look_alike AS pair
              JOIN hazard AS one ON one.hazard_id = pair.hazard_id
              JOIN hazard AS other ON other.hazard_id = other_id
             WHERE one.state = ANY($1::text[]) AND other.state = ANY($1::text[])
               AND ($2::uuid IS NULL OR (pair.hazard_id, other_id) < ($2, $3))
               AND {" AND ".join(["true", *conditions, *others])}
             ORDER BY pair.hazard_id DESC, other_id DESC LIMIT $4""",  # noqa: S608 - our own columns
        sorted(SURVIVES),
        *(after or (None, None)),
        limit,
        *values,
    )
    named = sorted({str(row[name]) for row in rows for name in ("hazard_id", "other_id")})
    hazards = {hazard.hazard_id: hazard for hazard in await of_hazards(connection, named)}
    return [(hazards[str(row["hazard_id"])], hazards[str(row["other_id"])], row["likeness"]) for row in rows]


def _of(alias: str) -> dict[Dimension, str]:
    """Return the columns of a scope, of the hazard called `alias`."""
    return {dimension: f"{alias}.{column}" for dimension, column in SCOPED.items()}
