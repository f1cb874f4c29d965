"""The Merkle tree of RFC 6962 §2.1: which subtrees a root and a proof are made of, as spans of leaves.

A span `(start, end)` is the subtree over the leaves D[start:end]. What its hash is, others say (`tiles.py`): so nothing
here depends on how many leaves there are but by the logarithm.
"""

from __future__ import annotations

import hashlib
from typing import Final

Span = tuple[int, int]

HASH_BYTES: Final = 32
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of the leaf that holds `entry`."""
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two subtrees."""
    return hashlib.sha256(_NODE + left + right).digest()


def inclusion(index: int, size: int) -> list[Span]:
    """Return the subtrees of PATH(index, D[0:size]) (RFC 6962 §2.1.1), from the leaf's sibling up to the root's child.

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    found: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def consistency(old: int, size: int) -> list[Span]:
    """Return the subtrees of PROOF(old, D[0:size]) (RFC 6962 §2.1.2), in its order.

    Raises ValueError unless 0 < old <= size.
    """
    if not 0 < old <= size:
        raise ValueError(f"a tree of {size} has not grown from one of {old}")
    found: list[Span] = []
    start, end, whole = 0, size, True
    while end != old:
        middle = start + _left(end - start)
        if old <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, whole = middle, False
    # The old tree itself is what the verifier knows already.
    return ([] if whole else [(start, end)]) + found[::-1]


def _left(leaves: int) -> int:
    """Return the largest power of two below `leaves`, which is 2 or more."""
    return 1 << ((leaves - 1).bit_length() - 1)
