"""How often a channel may be used: at most so many attempts begin within any second or minute for one address.

What counts are the attempts that were begun, also those that failed or were lost: the receiver saw most of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)

Place = tuple[str, str]
"""A channel's code and an address."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose time has come. One without an address goes nowhere, so nothing holds it back."""

    delivery_id: UUID
    channel: str
    address: str | None


def one_of_each(due: Iterable[Due], channels: Collection[str]) -> Sequence[Due]:
    """Return, in order, the due deliveries without any but the first of each of these channels.

    What goes nowhere asks nobody.
    """
    first: dict[str, UUID] = {}
    return [
        each
        for each in due
        if each.channel not in channels
        or each.address is None
        or first.setdefault(each.channel, each.delivery_id) == each.delivery_id
    ]


Limits = Mapping[str, int]
"""Attempts within a window by channel; a channel that is not named has no limit."""


def full(begun: Mapping[Place, int], limits: Limits) -> set[Place]:
    """Return the places that take nothing just now; `begun` counts the attempts of the window that ends now."""
    return {place for place, count in begun.items() if place[0] in limits and count >= limits[place[0]]}


def within_limits(due: Iterable[Due], begun: Mapping[Place, int], limits: Limits) -> Sequence[UUID]:
    """Return, in order, which of the due deliveries may begin now so that no place gets more than its limit."""
    counts = Counter(begun)
    chosen = []
    for each in due:
        if each.channel in limits and each.address is not None:
            place = (each.channel, each.address)
            if counts[place] >= limits[each.channel]:
                continue
            counts[place] += 1
        chosen.append(each.delivery_id)
    return chosen
