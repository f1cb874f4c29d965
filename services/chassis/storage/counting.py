"""Counting what is committed: what is rolled back and made again counts once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from prometheus_client import Counter

from services.chassis.storage.after_commit import tell


class Counted(NamedTuple):
    """Something that happened `number` times, should it be committed."""

    counter: Counter
    number: float


def count(connection: object, counter: Counter, number: float = 1) -> None:
    """Add `number` to `counter` once the transaction that `connection` is in is committed."""
    tell(connection, Counted(counter, number))


def add_up(counted: Sequence[Counted]) -> None:
    """Count what one transaction has committed."""
    for each in counted:
        each.counter.inc(each.number)
