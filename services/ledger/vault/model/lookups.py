"""A look-up of an identity: asked for with a reason, released by another where the city says so, then read, each recorded."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from duban_contracts.events.types import LongText
from duban_contracts.refusals import Refusal, refusal

# How long the answer may be read, from the release on (or from the asking, where none is needed).
READABLE_FOR: Final = timedelta(hours=24)


class Reason(StrEnum):
    """What an identity is needed for."""

    VERIFICATION = "verification"
    """核查中须向举报人了解情况."""
    RESULT = "result"
    """向举报人反馈结果."""
    REWARD = "reward"
    """发放奖励."""
    PROTECTION = "protection"
    """查处打击报复."""
    JUDICIAL = "judicial"
    """依法协助司法、纪检监察机关."""


class LookupStep(StrEnum):
    """What happened to a look-up after it was asked for."""

    RELEASED = "released"
    READ = "read"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Whose identity is asked for: the vault's subject, the number that people call it by, and who may see that."""

    subject_id: str
    number: str
    county: str
    township: str | None
    sector: str


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """申请查询: why the identity is needed. `note` stays in the vault."""

    reason: Reason
    note: LongText


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """One look-up; instants are UTC in domain time. `read` counts how often the identity was shown."""

    lookup_id: str
    about: About
    reason: Reason
    note: str
    needs_release: bool
    asked_by: str
    asked_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None
    read: int = 0
    last_read_at: datetime | None = None

    @property
    def readable_until(self) -> datetime | None:
        """When the answer stops being readable; None while it waits for a second person."""
        if self.needs_release and self.released_at is None:
            return None
        return (self.released_at or self.asked_at) + READABLE_FOR


def may_release(lookup: Lookup, account: str) -> Refusal | None:
    """Return why `account` can't release a look-up, or None."""
    if lookup.asked_by == account:
        return refusal("lookup-own-release")
    if not lookup.needs_release or lookup.released_by is not None:
        return refusal("lookup-needs-no-release")
    return None


def may_read(lookup: Lookup, account: str, now: datetime) -> Refusal | None:
    """Return why `account` is not shown the identity, or None: whoever asked, once released, within a day."""
    if lookup.asked_by != account:
        return refusal("lookup-of-another")
    until = lookup.readable_until
    if until is None:
        return refusal("lookup-not-released")
    return None if now <= until else refusal("lookup-expired")
