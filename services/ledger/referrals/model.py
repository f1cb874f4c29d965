"""A referral, its reply, and whether it belongs on the list of a month."""

from __future__ import annotations

import enum
from datetime import date, datetime

import msgspec


class ReferralKind(enum.StrEnum):
    """Why it is handed over: a suspected crime (行刑衔接), misconduct (问题线索), or another body's enforcement (执法)."""

    CRIME = "crime"
    MISCONDUCT = "misconduct"
    ENFORCEMENT = "enforcement"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the body replied on `replied_on`: whether it took the matter up, and in what words."""

    replied_on: date
    taken_up: bool
    reply: str


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """What `from_unit` handed to `body` on `referred_on`, with the number of its letter.

    `county` is where it comes from, None for the city's own; `hazard_number` is set where a hazard gave rise to it. Instants
    are UTC. `reply` is None while it is open.
    """

    referral_id: str
    kind: ReferralKind
    body: str
    document: str
    matter: str
    county: str | None
    sector: str | None
    hazard_id: str | None
    hazard_number: str | None
    from_unit: str | None
    referred_on: date
    recorded_at: datetime
    reply: Reply | None

    @property
    def version(self) -> int:
        """How much was recorded of it: the referral, and its reply."""
        return 1 if self.reply is None else 2

    def was_open(self, on: date) -> bool:
        """Return whether it waited for its reply when the day `on` ended."""
        return self.referred_on <= on and (self.reply is None or self.reply.replied_on > on)

    def days_open(self, on: date) -> int:
        """Return for how many days it had been open at the end of the day `on`, or until its reply."""
        until = on if self.reply is None else min(on, self.reply.replied_on)
        return max(0, (until - self.referred_on).days)
