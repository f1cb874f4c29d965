"""The tree as it is stored: tiles of 256 hashes, as C2SP's tlog-tiles lays them out.

Tile `number` of `level` holds, for i from 0 to 255, the hash of the full subtree over the 256**level leaves from
(number * 256 + i) * 256**level on. A tile that is full never changes; only the last of each level grows. So leaves are
added at the right edge alone, and any subtree's hash comes out of one tile per 256-fold of its leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Final

import msgspec

from services.ledger.checkpoints.model.tree import HASH_BYTES, Span, node_hash

WIDTH: Final = 256
_HEIGHT: Final = 8
Place = tuple[int, int]
"""Where a tile stands: its level and its number there."""
Tiles = Mapping[Place, bytes]


class Tile(msgspec.Struct, frozen=True, gc=False):
    """A tile: `hashes` are up to 256 hashes of 32 bytes, one after the other."""

    level: int
    number: int
    hashes: bytes


def edge(size: int) -> list[Place]:
    """Return the tiles of a tree of `size` leaves that are not full: those that growing adds to."""
    found: list[Place] = []
    level = 0
    while nodes := size >> (_HEIGHT * level):
        if nodes % WIDTH:
            found.append((level, nodes // WIDTH))
        level += 1
    return found


def grow(size: int, tiles: Tiles, leaves: Sequence[bytes]) -> list[Tile]:
    """Return the tiles, new or longer, by which a tree of `size` leaves grows by the hashes `leaves`.

    `tiles` holds those of `edge(size)`. Costs what is added, and never more than one tile a level beside it.
    """
    changed: list[Tile] = []
    level, added = 0, list(leaves)
    while added:
        nodes = size >> (_HEIGHT * level)
        number = nodes // WIDTH
        hashes = (tiles[level, number] if nodes % WIDTH else b"") + b"".join(added)
        added = []
        for start in range(0, len(hashes), WIDTH * HASH_BYTES):
            tile = Tile(level, number, hashes[start : start + WIDTH * HASH_BYTES])
            changed.append(tile)
            if len(tile.hashes) == WIDTH * HASH_BYTES:
                added.append(_over(_split(tile.hashes)))
            number += 1
        level += 1
    return changed


def needed(spans: Iterable[Span]) -> set[Place]:
    """Return the tiles out of which the hashes of `spans` come."""
    return {_place(height, index) for span in spans for height, index in _full_subtrees(span)}


def hash_of(span: Span, tiles: Tiles) -> bytes:
    """Return the hash of the subtree over a span as `tree.py` gives them; raises KeyError where its tiles lack."""
    return reduce(
        lambda right, left: node_hash(left, right),
        reversed([_hash_of_full(height, index, tiles) for height, index in _full_subtrees(span)]),
    )


def _full_subtrees(span: Span) -> Iterator[tuple[int, int]]:
    """Yield (height, index) of the full subtrees that make up a span, the largest, leftmost first.

    A span of RFC 6962 begins where a subtree as large as itself may begin.
    """
    start, end = span
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def _place(height: int, index: int) -> Place:
    level, above = divmod(height, _HEIGHT)
    return level, (index << above) // WIDTH


def _hash_of_full(height: int, index: int, tiles: Tiles) -> bytes:
    _, above = divmod(height, _HEIGHT)
    first, count, place = (index << above) % WIDTH, 1 << above, _place(height, index)
    hashes = _split(tiles[place][first * HASH_BYTES : (first + count) * HASH_BYTES])
    if len(hashes) < count:
        raise KeyError(place)
    return _over(hashes)


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)]


def _over(hashes: list[bytes]) -> bytes:
    """Return the hash over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
