"""Freshness put together: the heartbeat. Its progress comes from the consumer of the claims."""

from __future__ import annotations

from functools import partial
from typing import Any

from services.chassis.assembly import Part, Platform
from services.ledger.freshness.handlers import Freshness
from services.ledger.freshness.jobs import BEAT_SECONDS, NoteBrokerClock, beat_once


def wire(platform: Platform[Any]) -> Part:
    """Return the heartbeat's job, and the one that notes how far the brokers' clocks are from ours."""
    work = partial(beat_once, platform.database, freshness=Freshness.on(platform))
    noting = NoteBrokerClock(platform.database, platform.broker_clock)
    return Part(
        jobs=[
            platform.every(BEAT_SECONDS, work, name="heartbeat"),
            platform.every(BEAT_SECONDS, noting.once, name="brokers' clocks", role="relay"),
        ]
    )
