"""Who was admitted lately: what a request shows of its sender is a name for those alone, and all others are one party.

Whoever makes keys up has as many as he likes: 256 slow requests, each under a key of its own, took all seats of a lane.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

STRANGERS: Final = b""
_MOST: Final = 16_384


class AdmissionCache:
    """Who was admitted lately, told by hashes of what was shown: no key is kept."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._shown: dict[int, None] = {}

    def add(self, shown: bytes) -> None:
        """Note that somebody was admitted with this; who was not for longest makes room."""
        of = hash(shown)
        self._shown.pop(of, None)
        self._shown[of] = None
        if len(self._shown) > self._most:
            del self._shown[next(iter(self._shown))]

    def party_of(self, shown: bytes) -> bytes:
        """Return the party that shares seats with whoever shows this."""
        return shown if hash(shown) in self._shown else STRANGERS


sender_of_request: ContextVar[tuple[AdmissionCache, bytes] | None] = ContextVar("sender", default=None)
"""What the request shows of its sender, and where it is noted when that is admitted."""


def recognised() -> None:
    """Say that the request's sender was admitted: from the next one on it has seats of its own."""
    if sender := sender_of_request.get():
        known, shown = sender
        known.add(shown)
