"""Freshness put together: the heartbeat. Its progress comes from the consumer of the claims."""

from __future__ import annotations

from functools import partial
from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.freshness.handlers import Freshness
from services.ledger.freshness.jobs import BEAT_SECONDS, beat_once


def wire(platform: Platform[Any]) -> Part:
    """Return the heartbeat's job."""
    work = partial(beat_once, platform.database, freshness=Freshness.on(platform))
    return Part(jobs=[platform.every(BEAT_SECONDS, work, name="heartbeat")])
