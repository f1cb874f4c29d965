"""Reports that meet under one key, and those of them that look alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final, NamedTuple
from uuid import UUID

from services.chassis.access.scope import Dimension, Scope
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard
from services.ledger.hazards.moves.merge import SURVIVES
from services.ledger.hazards.tables.hazard_rows import COLUMNS, hazard_of
from services.ledger.hazards.tables.register import SCOPED

_KEYS: Final = Columns[tuple[str, str]]({"key": ("text", itemgetter(0)), "hazard_id": ("uuid", itemgetter(1))})


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Two hazards that look alike, the later one first."""

    hazard_id: str
    other_id: str
    likeness: float


class Met(NamedTuple):
    """A hazard that is met under a key, and whether it is still open."""

    key: str
    hazard_id: str
    is_open: bool


_COLUMNS: Final = Columns[LookAlike]({"hazard_id": "uuid", "other_id": "uuid", "likeness": "real"})
# $1 when it was found
_KEEP: Final = f"""INSERT INTO look_alike (found_at, {_COLUMNS.names}, county, sector)
SELECT $1, {_COLUMNS.names}, county, sector
  FROM {_COLUMNS.rows("found", first=2)} JOIN hazard USING (hazard_id)"""  # noqa: S608 - our own columns
# Whose a pair is: both hazards are of one county and one sector, or they would look alike to nobody.
_OF_PAIR: Final = {Dimension.COUNTY: "pair.county", Dimension.SECTOR: "pair.sector"}
_NAMED: Final = "hazard." + COLUMNS.replace(", ", ", hazard.")
_ANY_ROW: Final = Scope()
_WANTED: Final = Columns[str]({"key": ("text", str)})
# Each hazard of `met` by its id, whatever else is asked of it (OFFSET 0 keeps the two apart): where the table had grown
# faster than its statistics, PostgreSQL began with the states and read a county's open hazards for each that was compared.
_EACH: Final = "CROSS JOIN LATERAL (SELECT * FROM hazard WHERE hazard_id = met.hazard_id OFFSET 0) AS hazard"
# The newest under each of the keys $1: however many an enterprise has, a look costs the same.
_NEWEST: Final = f"""
SELECT wanted.key, met.hazard_id, hazard.state FROM {_WANTED.rows("wanted")} CROSS JOIN LATERAL (
       SELECT hazard_id FROM hazard_key WHERE hazard_key.key = wanted.key ORDER BY hazard_id DESC LIMIT 100) AS met
       {_EACH}
 ORDER BY met.hazard_id DESC"""  # noqa: S608 - our own columns
_IDS: Final = Columns[str]({"hazard_id": ("uuid", str)})
# $1 ids, $2 states, $3 how many
_OPEN: Final = f"""
SELECT {_NAMED} FROM {_IDS.rows("met")} {_EACH} WHERE hazard.state = ANY($2::text[])"""  # noqa: S608


async def of_hazards(
    connection: Connection, hazard_ids: Iterable[str], scope: Scope = _ANY_ROW, limit: int | None = None
) -> list[Hazard]:
    """Return those of these hazards that are open and in scope, the newest first, up to `limit`."""
    conditions, values = scope.where(_of("hazard"), first=4)
    rows = await connection.fetch(
        f"{_OPEN} {''.join(f' AND {each}' for each in conditions)} ORDER BY hazard.hazard_id DESC LIMIT $3",
        *_IDS.arguments(sorted(hazard_ids)),
        sorted(SURVIVES),
        limit,
        *values,
    )
    return [hazard_of(row) for row in rows]


async def keep_keys(connection: Connection, keys: Mapping[str, Iterable[str]]) -> None:
    """Let each hazard of `keys` be met under its keys, and under no others."""
    rows = [(key, hazard_id) for hazard_id, each in sorted(keys.items()) for key in sorted(set(each))]
    await forget(connection, keys)
    await _KEYS.put(connection, "hazard_key", rows)


async def newest(connection: Connection, keys: Iterable[str]) -> list[Met]:
    """Return the newest that are met under each of these keys, newest first: a hundred of each at most."""
    return [
        Met(row["key"], str(row["hazard_id"]), row["state"] in SURVIVES)
        for row in await connection.fetch(_NEWEST, sorted(set(keys)))
    ]


async def forget(connection: Connection, hazard_ids: Iterable[str]) -> None:
    """Let these hazards be met under no key any more."""
    await connection.execute("DELETE FROM hazard_key WHERE hazard_id = ANY($1::uuid[])", sorted(hazard_ids))


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
    conditions, values = scope.where(_of("hazard"), first=5)
    of_pair = Scope(county=scope.county, sector=scope.sector)
    pairs, repeated = of_pair.where(_OF_PAIR, first=5 + len(values))
    # OFFSET keeps each look from being a join: pairs are gone through until there are enough.
    open_one = f"""(SELECT FROM hazard WHERE hazard.state = ANY($1::text[])
                       AND {" AND ".join(["true", *conditions])} AND hazard.hazard_id = {{}} OFFSET 0)"""
    rows = await connection.fetch(
        f"""SELECT pair.hazard_id, other_id, likeness FROM look_alike AS pair
             CROSS JOIN LATERAL {open_one.format("pair.hazard_id")} AS one
             CROSS JOIN LATERAL {open_one.format("pair.other_id")} AS other
             WHERE ($2::uuid IS NULL OR (pair.hazard_id, other_id) < ($2, $3)) AND {" AND ".join(["true", *pairs])}
             ORDER BY pair.hazard_id DESC, other_id DESC LIMIT $4""",  # noqa: S608 - our own columns
        sorted(SURVIVES),
        *(after or (None, None)),
        limit,
        *values,
        *repeated,
    )
    named = sorted({str(row[name]) for row in rows for name in ("hazard_id", "other_id")})
    hazards = {hazard.hazard_id: hazard for hazard in await of_hazards(connection, named)}
    found = [(hazards.get(str(row["hazard_id"])), hazards.get(str(row["other_id"])), row["likeness"]) for row in rows]
    # One may have been decided, or merged, since the pair was read.
    return [(one, other, likeness) for one, other, likeness in found if one is not None and other is not None]


def _of(alias: str) -> dict[Dimension, str]:
    """Return the columns of a scope, of the hazard called `alias`."""
    return {dimension: f"{alias}.{column}" for dimension, column in SCOPED.items()}
