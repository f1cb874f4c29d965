"""Growing the tree by what was recorded since. No writer of history waits for it but for the moment of a horizon."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from services.chassis.process.failpoints import reach
from services.chassis.storage.database import Connection, Database
from services.ledger.checkpoints.model import tree
from services.ledger.checkpoints.model.entry import leaf_of
from services.ledger.checkpoints.model.tiles import WIDTH, Place, edge, grow, hash_of, needed
from services.ledger.checkpoints.tables import checkpoints, tiles
from services.ledger.checkpoints.tables.checkpoints import Head
from services.ledger.checkpoints.tables.tiles import Extent, StoredTile
from services.ledger.history.model import Record
from services.ledger.history.tables.export import horizon

# So many records are some megabytes and ten milliseconds of hashing, for which the process does nothing else.
_BATCH: Final = 1024


class TreeDamaged(Exception):
    """Tiles that must be there are not: somebody took them away, or restored half of a database."""


async def grow_tree(database: Database) -> bool:
    """Give every record below the horizon its leaf, in order of position, in transactions of a batch each.

    Whatever of it happens twice, or in two processes, happens once: each batch begins where the tree ends. Returns False
    while a long writer of history keeps the horizon from being drawn; raises TreeDamaged.
    """
    through = await horizon(database)
    if through is None:
        return False
    while True:
        async with database.transaction() as connection:
            await tiles.hold(connection)
            extent = await tiles.extent(connection)
            found = await tiles.records_after(connection, extent.last_position, through, _BATCH)
            if found:
                await _add(connection, extent, found)
                reach("checkpoint.before_growing_commits")
        reach("checkpoint.grown")
        if len(found) < _BATCH:
            return True


async def _add(connection: Connection, extent: Extent, found: Sequence[tuple[int, Record]]) -> None:
    stored = await _tiles(connection, edge(extent.size))
    positions = [position for position, _ in found]

    def position_of(index: int) -> int:
        """Return the position of a leaf; of one that was there before, any: it is not written."""
        return positions[max(index - extent.size, 0)]

    changed = grow(extent.size, stored, [leaf_of(record) for _, record in found])
    await tiles.put(
        connection,
        [
            StoredTile(
                tile,
                position_of(tile.number * WIDTH) if tile.level == 0 else None,
                position_of(tile.number * WIDTH + len(tile.hashes) // tree.HASH_BYTES - 1) if tile.level == 0 else None,
            )
            for tile in changed
        ],
    )


async def store_head(database: Database) -> None:
    """Store the root over the tree as it is, to be signed; nothing where that is signed, or one waits to be."""
    async with database.transaction() as connection:
        await tiles.hold(connection)
        extent = await tiles.extent(connection)
        newest = await checkpoints.newest(connection)
        waiting = await checkpoints.unsigned(connection)
        if waiting is None and extent.size > (newest.size if newest else 0):
            await checkpoints.store(connection, Head(extent.size, await root_of(connection, extent.size)))
    reach("checkpoint.stored")


async def root_of(connection: Connection, size: int) -> bytes:
    """Return the root over the first `size` records; raises TreeDamaged."""
    [root] = await hashes_of(connection, [(0, size)])
    return root


async def hashes_of(connection: Connection, spans: Sequence[tree.Span]) -> list[bytes]:
    """Return the hashes of these subtrees; raises TreeDamaged."""
    stored = await _tiles(connection, needed(spans))
    try:
        return [hash_of(span, stored) for span in spans]
    except KeyError as short:
        raise TreeDamaged(f"tile {short} is too short") from None


async def _tiles(connection: Connection, places: Collection[Place]) -> dict[Place, bytes]:
    found = await tiles.get(connection, places)
    if lacking := set(places) - found.keys():
        raise TreeDamaged(f"{len(lacking)} tiles lack, such as {min(lacking)}")
    return found
