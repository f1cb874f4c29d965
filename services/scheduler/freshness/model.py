"""How far the ledger is known here, for the city and for the counties that are behind: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Everything that reached the broker before `applied_through` stands ahead of it in `partition`.

    For the counties in `behind` that holds for an earlier instant only.
    """

    partition: int
    applied_through: datetime
    behind: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watermark:
    """What all partitions together say: the instant for every county but those in `behind`."""

    applied_through: datetime
    behind: Mapping[str, datetime] = field(default_factory=dict)

    def of(self, county: str) -> datetime:
        """Return the instant (domain time) before which nothing about this county is missing."""
        return self.behind.get(county, self.applied_through)


def together(heartbeats: Sequence[Heartbeat], partitions: int) -> Watermark | None:
    """Return what the newest heartbeats of all partitions say together; None until each of them has spoken.

    A hazard's events stand on one partition, but which one is not asked here: the slowest speaks for all.
    """
    if len(heartbeats) < partitions:
        return None
    least = min(heartbeat.applied_through for heartbeat in heartbeats)
    behind: dict[str, datetime] = {}
    for county in {county for heartbeat in heartbeats for county in heartbeat.behind}:
        instant = min(heartbeat.behind.get(county, heartbeat.applied_through) for heartbeat in heartbeats)
        if instant < least:
            behind[county] = instant
    return Watermark(least, behind)
