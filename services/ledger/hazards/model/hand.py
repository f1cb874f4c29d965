"""Who records something beside a hazard's own moves: the account with its county, and the day."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from duban_contracts.events.types import Actor


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, and when: `county` is the one that the account belongs to, None for the city's; `today` is the city's day."""

    actor: Actor
    county: str | None
    at: datetime
    today: date
