"""Places in a county's feed, and from where one can go on without a loss."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lengthened:
    """A county's feed goes up to position `last` now."""

    county: str
    last: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One event at its place; `event` is a JSON object in CloudEvents' structured mode."""

    county: str
    position: int
    event: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Where a county's feed ends: `last` is the newest position, up to `forgotten` nothing need be kept.

    Everything that the county was told from `since` (wall time) on is there; None before it was told anything.
    """

    last: int = 0
    forgotten: int = 0
    since: datetime | None = None

    def start(self, after: int | None) -> int | None:
        """Return the position after which to read, or None when what followed `after` is not all there.

        Without `after` it is the oldest that is kept. A place beyond the end was given by a database that has since
        been put back to an earlier state: whoever went on from there would miss what is numbered anew.
        """
        if after is None:
            return self.forgotten
        return after if self.forgotten <= after <= self.last else None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of a feed's events in order, the position after which to go on, and since when the feed is whole."""

    events: Sequence[Kept]
    upto: int
    since: datetime | None = None


def numbered(told: Iterable[tuple[str, bytes]], last: Mapping[str, int]) -> list[Kept]:
    """Return what was told (county, event) at its places, in order; `last` says where each county's feed ends with it."""
    by_county: dict[str, list[bytes]] = defaultdict(list)
    for county, event in told:
        by_county[county].append(event)
    return [
        Kept(county, last[county] - len(events) + 1 + index, event)
        for county, events in by_county.items()
        for index, event in enumerate(events)
    ]
