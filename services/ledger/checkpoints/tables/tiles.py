"""The tree: how far it has grown, its tiles, and which leaf a record is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection
from services.ledger.checkpoints.model.tiles import WIDTH, Place, Tile
from services.ledger.checkpoints.model.tree import HASH_BYTES
from services.ledger.history.model import Record
from services.ledger.history.tables.records import COLUMNS, record_of

# Whoever adds to the tree or signs it does so alone; nobody else waits for it, commands least of all.
_GROWING: Final = 0x6C65_6467_0003


class Extent(msgspec.Struct, frozen=True):
    """How far the tree has grown: its leaves, and the history's position of the last of them."""

    size: int = 0
    last_position: int = 0


class StoredTile(msgspec.Struct, frozen=True):
    """A tile with the positions of its first and last record, which those of level 0 have."""

    tile: Tile
    first_position: int | None
    last_position: int | None


_COLUMNS: Final = Columns[StoredTile](
    {
        "level": ("integer", "tile.level"),
        "number": ("bigint", "tile.number"),
        "hashes": ("bytea", "tile.hashes"),
        "first_position": "bigint",
        "last_position": "bigint",
    }
)
_PLACES: Final = Columns[Place]({"level": ("integer", lambda place: place[0]), "number": ("bigint", lambda p: p[1])})
_PUT: Final = f"""
{_COLUMNS.insert("checkpoint_tile")}
ON CONFLICT (level, number) DO UPDATE SET hashes = EXCLUDED.hashes, last_position = EXCLUDED.last_position"""
_GET: Final = f"""
SELECT level, number, hashes FROM checkpoint_tile JOIN {_PLACES.rows("wanted")} USING (level, number)"""  # noqa: S608
_NEXT: Final = f"""
SELECT position, {COLUMNS.names} FROM hazard_history
 WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3"""  # noqa: S608
_INDEX: Final = f"""
SELECT tile.number * {WIDTH} + (SELECT count(*) FROM hazard_history
                                 WHERE position >= tile.first_position AND position < $1) AS index, tile.last_position
  FROM (SELECT number, first_position, last_position FROM checkpoint_tile
         WHERE level = 0 AND first_position <= $1 ORDER BY first_position DESC LIMIT 1) AS tile"""  # noqa: S608
_POSITION: Final = f"SELECT position, {COLUMNS.names} FROM hazard_history WHERE "  # noqa: S608


async def hold(connection: Connection) -> None:
    """Wait until nobody else adds to the tree or signs it, and keep them out until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _GROWING)


async def extent(connection: Connection) -> Extent:
    """Return how far the tree has grown."""
    row = await connection.fetchrow(
        """SELECT number, length(hashes) AS bytes, last_position FROM checkpoint_tile
            WHERE level = 0 ORDER BY number DESC LIMIT 1"""
    )
    return Extent() if row is None else Extent(row["number"] * WIDTH + row["bytes"] // HASH_BYTES, row["last_position"])


async def get(connection: Connection, places: Collection[Place]) -> dict[Place, bytes]:
    """Return the hashes of those tiles that are there."""
    rows = await connection.fetch(_GET, *_PLACES.arguments(places)) if places else []
    return {(row["level"], row["number"]): row["hashes"] for row in rows}


async def put(connection: Connection, tiles: Sequence[StoredTile]) -> None:
    """Write tiles, new or longer than they were."""
    await connection.execute(_PUT, *_COLUMNS.arguments(tiles))


async def records_after(connection: Connection, position: int, through: int, limit: int) -> list[tuple[int, Record]]:
    """Return up to `limit` (position, record) pairs after a position and through another."""
    rows = await connection.fetch(_NEXT, position, through, limit)
    return [(row["position"], record_of(row)) for row in rows]


async def record(connection: Connection, hazard_id: str, version: int) -> tuple[int, Record] | None:
    """Return a hazard's record of this version with its position."""
    row = await connection.fetchrow(f"{_POSITION} hazard_id = $1 AND version = $2", hazard_id, version)
    return None if row is None else (row["position"], record_of(row))


async def record_of_event(connection: Connection, event_id: str) -> tuple[int, Record] | None:
    """Return the record of this event with its position."""
    row = await connection.fetchrow(f"{_POSITION} event_id = $1", event_id)
    return None if row is None else (row["position"], record_of(row))


async def index_of(connection: Connection, position: int) -> int | None:
    """Return which leaf the record at `position` is, or None while it is none.

    Records stand in order of position and a tile holds 256 of them: it costs no more than so many.
    """
    row = await connection.fetchrow(_INDEX, position)
    return None if row is None or position > row["last_position"] else row["index"]
