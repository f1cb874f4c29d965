"""Checking proofs in the Merkle tree of RFC 6962, by the algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2.

A verifier knows roots and hashes only, never the tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of the leaf that holds `entry`."""
    return hashlib.sha256(b"\x00" + entry).digest()


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Return whether `proof` shows the leaf of this hash at `index` in the tree of `size` leaves and this root."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = _node(each, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = _node(found, each)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def has_grown(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether `proof` shows that the tree of `old` leaves is how the tree of `size` leaves begins."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size or not proof:
        return False
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = hashes[0]
    for each in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = _node(each, before), _node(each, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = _node(after, each)
        node, last = node >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
