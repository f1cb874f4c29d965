"""Whether a first level still waits for its second, by what came later of the same hazard (SY27). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, TypeGuard

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import type_of
from duban_contracts.events.gathering import HazardMerged, HazardUnmerged
from duban_contracts.events.hazards import (
    HazardClosed,
    HazardConfirmed,
    HazardCorrected,
    HazardEvent,
    HazardFirstConfirmed,
    HazardRegraded,
    HazardRejected,
)

# Behind each of these nobody waits for the second level that an earlier first one had asked for. Another first level takes
# the place of the one before it, and one that was merged away with its hazard waits again once that is taken out.
SETTLES: Final = (HazardConfirmed, HazardRejected, HazardCorrected, HazardRegraded, HazardClosed, HazardMerged)
ASKS: Final = (HazardFirstConfirmed, HazardUnmerged)
TAKEN: Final = (*ASKS, *SETTLES)
# Of the wall, since the broker took it. Longer than a weekend without the service; what is older is read again, by a new
# group for one, and what became of it stands further on.
_NEWS: Final = timedelta(days=3)

Word = tuple[CloudEvent, HazardEvent]
"""An event of a hazard with its envelope."""


def last_words(told: Iterable[tuple[CloudEvent, EventData]]) -> list[Word]:
    """Return the last of the events that count here, for each hazard: it settles whatever stands before it."""
    return list({data.hazard.hazard_id: (event, data) for event, data in told if _counts(data)}.values())


def _counts(data: EventData) -> TypeGuard[HazardEvent]:
    """Return whether an event settles a first level, or asks for a second; 拆分 does where one waits again."""
    if isinstance(data, HazardUnmerged):
        return data.first_confirmed is not None
    return isinstance(data, TAKEN)


def settled_before(data: HazardEvent) -> datetime:
    """Return the instant (UTC) before which this event leaves no first level that waits."""
    if isinstance(data, HazardUnmerged) and data.first_confirmed is not None:
        return data.first_confirmed.confirmed_at
    return data.occurred_at


def is_news(taken_at: datetime, wall: datetime) -> bool:
    """Return whether what the broker took at `taken_at` may still ask somebody for something (both wall time)."""
    return wall - taken_at <= _NEWS


def why_settled(data: HazardEvent) -> str:
    """Return why a letter that asked for the second level before this event no longer holds."""
    kind = HazardFirstConfirmed if isinstance(data, HazardUnmerged) else type(data)
    return f"该隐患此后已有“{type_of(kind).title_zh}”，本件所提请的二级确认不再需要"
