"""What waits for a channel that was away is due at once when the channel is seen to work again. Pure.

It is one try beside the schedule, and takes none of it: a letter that was tried for a day keeps its other days. Such
tries are bounded as the schedule itself is. The first comes at once, each further one no sooner after the last answer
than the schedule's own waits, and there are no more of them than the schedule has: a server that hangs up at one letter
and takes all others is not asked again with each of these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifications.channels.model.answers import Away
from services.notifications.delivery.model.delivery import Delivery, at_once
from services.notifications.delivery.model.retry import RetrySchedule


@dataclass(frozen=True, slots=True, order=True)
class Back:
    """A place of a channel that works again, for what waits because it was `away` in this way."""

    channel: str
    away: Away
    place: str


def brought_forward(delivery: Delivery, *, now: datetime, schedule: RetrySchedule) -> Delivery | None:
    """Return a delivery as it waits once its channel is back (`now`, wall time); None where that changes nothing."""
    awaited, early = delivery.awaited, delivery.early
    if awaited is None or early > len(schedule.waits):
        return None
    rest = timedelta(seconds=schedule.waits[early - 1] if early else 0)
    sooner = at_once(delivery, max(now, awaited.since + rest))
    return None if sooner is delivery else replace(sooner, early=early + 1)
