"""What goes wrong, and when: drawn from a seed, so that a run can be repeated."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Final


class Act(enum.StrEnum):
    """What the sandbox does with a request that brings events."""

    ANSWER = "answer"
    UNAVAILABLE = "unavailable"
    """Takes nothing and answers 503 with Retry-After."""
    BROKEN = "broken"
    """Takes nothing and answers 502 or 500 without a word, as a proxy in between does."""
    LIMITED = "limited"
    """Takes nothing and answers 429 with Retry-After."""
    LOST = "lost"
    """Takes the events and hangs up without an answer."""
    SLOW = "slow"
    """Takes the events and answers late."""


# What a publisher has to have met before it can be certified.
ESSENTIAL: Final = frozenset({Act.UNAVAILABLE, Act.LOST})
_FAULTS: Final = (Act.UNAVAILABLE, Act.BROKEN, Act.LIMITED, Act.LOST, Act.SLOW)
_CALM: Final = 5
# Of the events that are taken, one in so many is rejected afterwards, as the ledger does.
_ONE_IN: Final = 8
_FIRST_REJECTED: Final = 2


class Script:
    """The acts of one run, request by request. Faults come first, so that a single batch meets them, too."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        # Drawn to be drawn again: nothing here is secret.
        self._acts = _acts(Random(seed))  # noqa: S311
        self._fates = _fates(Random(seed + 1))  # noqa: S311

    def next_act(self) -> Act:
        """Return what is done with the next request."""
        return next(self._acts)

    def next_is_rejected(self) -> bool:
        """Say whether the next event that is taken will be rejected by the ledger afterwards."""
        return next(self._fates)


def _acts(random: Random) -> Iterator[Act]:
    yield from random.sample([Act.UNAVAILABLE, Act.LOST], 2)
    while True:
        block = [*_FAULTS, *[Act.ANSWER] * _CALM]
        random.shuffle(block)
        for act in block:
            yield act
            # A fault is not always over after the first try.
            if act in {Act.UNAVAILABLE, Act.BROKEN, Act.LOST} and random.random() < 1 / 3:
                yield act


def _fates(random: Random) -> Iterator[bool]:
    for number in count(1):
        yield number == _FIRST_REJECTED or (number > _FIRST_REJECTED and random.randrange(_ONE_IN) == 0)
