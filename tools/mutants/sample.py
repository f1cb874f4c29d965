"""A repeatable sample of mutants in which every module has its turn."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence


def deal(mutants: Mapping[str, Sequence[str]], number: int, seed: int) -> dict[str, list[str]]:
    """Return `number` of the mutants, by module: each module gives one in turn, until enough are out or none is left.

    The same mutants, number and seed give the same sample.
    """
    dice = random.Random(seed)  # noqa: S311 - a sample, not a secret
    hands = {module: dice.sample(sorted(mutants[module]), len(mutants[module])) for module in sorted(mutants)}
    dealt: dict[str, list[str]] = {module: [] for module in hands}
    turns = dice.sample(sorted(hands), len(hands))
    left = number
    while left and any(hands.values()):
        for module in turns:
            if left and hands[module]:
                dealt[module].append(hands[module].pop())
                left -= 1
    return dealt
