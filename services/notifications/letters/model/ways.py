"""Which ways a letter takes to its office."""

from __future__ import annotations

from collections.abc import Sequence

from services.notifications.directory.model import Office

Way = tuple[str, str | None]
"""A channel's code and the office's address on it."""


def ways(channels: Sequence[str], office: Office | None) -> list[Way]:
    """Return the channels among `channels` that reach the office, in their order, with its addresses.

    A letter has at least one way; without an address it can only fail, so that an addressee whom nobody can reach is a
    visible failure and not silence.
    """
    known = office.addresses if office else {}
    return [(channel, known[channel]) for channel in channels if channel in known] or [(channels[0], None)]
