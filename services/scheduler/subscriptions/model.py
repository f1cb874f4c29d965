"""Who subscribed to which tasks, and the secret by which a calendar program asks for them. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.events.types import CountyCode, ShortText, Unit

_FORMAT: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """Whose tasks the calendar shows: a county's, a unit's (that leads or helps), or a unit's in a county."""

    name: Annotated[ShortText, Meta(description="as calendar programs show it")]
    county: Annotated[CountyCode | None, Meta(description="a county, or the city's own code for its own units")] = None
    unit: Unit | None = None


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar of tasks: of a county, of a unit (that leads or helps), or of a unit in a county; at least one is said."""

    subscription_id: str
    name: str
    county: str | None
    unit: str | None
    issued_at: datetime
    issued_by: str
    revoked_at: datetime | None = None
    revoked_by: str | None = None


def digest_of(token: str) -> bytes | None:
    """Return what is kept of a secret, or None for a text that is none. One SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest() if _FORMAT.match(token) else None
