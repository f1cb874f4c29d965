"""Trees for tests: the definition of RFC 6962 written out, and a tree that grew in tiles."""

from __future__ import annotations

from collections.abc import Sequence

from services.ledger.checkpoints.model.tiles import Place, edge, grow, hash_of
from services.ledger.checkpoints.model.tree import Span, leaf_hash, node_hash


def root_by_definition(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1 over hashes of leaves, none of it stored."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return node_hash(root_by_definition(leaves[:left]), root_by_definition(leaves[left:]))


def numbered(count: int) -> list[bytes]:
    """So many different leaves."""
    return [leaf_hash(str(number).encode()) for number in range(count)]


class Grown:
    """A tree that grew by batches, as tables keep it."""

    def __init__(self) -> None:
        self.size = 0
        self.tiles: dict[Place, bytes] = {}

    def add(self, leaves: Sequence[bytes]) -> int:
        """Grow, as a job does that knows the edge alone; return how many tiles were written."""
        known = {place: self.tiles[place] for place in edge(self.size)}
        changed = grow(self.size, known, leaves)
        for tile in changed:
            before = self.tiles.get((tile.level, tile.number), b"")
            assert tile.hashes.startswith(before)
            self.tiles[tile.level, tile.number] = tile.hashes
        self.size += len(leaves)
        return len(changed)

    def hashes(self, spans: Sequence[Span]) -> list[bytes]:
        return [hash_of(span, self.tiles) for span in spans]

    def root(self, size: int | None = None) -> bytes:
        return hash_of((0, size or self.size), self.tiles)
