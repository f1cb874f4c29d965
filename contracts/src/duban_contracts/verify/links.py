"""Which steps from checkpoint to checkpoint proofs of consistency show."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

Link = tuple[str, int, int]
"""Origin, size of the older tree, size of the newer one that was shown to begin with it."""


def open_steps(checkpoints: Iterable[tuple[str, int]], links: Iterable[Link]) -> int:
    """Return between how many neighbours in size, (origin, size) each, nothing shows that one begins the other.

    Two trees that begin the same larger one begin each other. Two that begin with the same smaller one need not: there
    history may have forked.
    """
    newer: dict[tuple[str, int], set[tuple[str, int]]] = {}
    for origin, old, size in links:
        if old < size:
            newer.setdefault((origin, old), set()).add((origin, size))
    ends: dict[tuple[str, int], frozenset[tuple[str, int]]] = {}
    ordered = sorted(set(checkpoints))
    for each in reversed(ordered):
        led_to = [ends[other] for other in newer.get(each, ())]
        ends[each] = frozenset().union(*led_to) if led_to else frozenset({each})
    return sum(one[0] == other[0] and ends[one].isdisjoint(ends[other]) for one, other in pairwise(ordered))
