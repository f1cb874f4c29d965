"""One stop order as the book keeps it."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from duban_contracts.days import Zone
from duban_contracts.events.types import HazardState, StopKind, StopScope


class KeptOrder(msgspec.Struct, frozen=True, kw_only=True):
    """责令停产停业 or 停止使用 number `order` of a hazard, from `since` on; instants are UTC, domain time.

    `authority_county` is the county whose department ordered it, None where it was one of the city. `lifted_at` is when it
    was lifted, and `review` what was found then. The rest says how the hazard stands now.
    """

    hazard_id: str
    number: str
    county: str
    sector: str
    state: HazardState
    enterprise_name: str
    order: int
    kind: StopKind
    scope: StopScope
    part: str | None
    authority: str
    authority_county: str | None
    document: str
    since: date
    ordered_at: datetime
    lifted_at: datetime | None
    review: str | None

    def was_open(self, on: date, zone: Zone) -> bool:
        """Return whether it held when the city's day `on` ended."""
        return self.since <= on and (self.lifted_at is None or zone.day_of(self.lifted_at) > on)

    def days_held(self, on: date, zone: Zone) -> int:
        """Return for how many days it had held at the end of the day `on`, or until it was lifted."""
        until = on if self.lifted_at is None else min(on, zone.day_of(self.lifted_at))
        return max(0, (until - self.since).days)
