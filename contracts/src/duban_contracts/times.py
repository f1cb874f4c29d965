"""Instants as text."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def format_time(instant: datetime) -> str:
    """Return `instant` (aware) as the RFC 3339 UTC text that CloudEvents' `time` wants."""
    return _utc_text(instant if instant.tzinfo is UTC else instant.astimezone(UTC))


# One transaction writes one instant into many events. Only UTC: elsewhere two instants of a fold count as equal.
@lru_cache(maxsize=256)
def _utc_text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
