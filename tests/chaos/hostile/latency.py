"""How long a claim takes from its county's topic to the ledger's answer, by the clocks of the records themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from duban_contracts.cloudevents import EnvelopeError, from_kafka
from duban_contracts.codec import decode
from duban_contracts.events.feedback import ClaimEvent, ClaimRecorded
from duban_contracts.topics import claims_topic, feedback_topic
from services.chassis.testing.kafka import read_records


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the play, in wall time."""

    name: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Spread:
    """What the latencies of one phase came to, in seconds."""

    number: int
    median: float
    p95: float

    def __str__(self) -> str:
        return f"p50 {self.median:.3f} s, p95 {self.p95:.3f} s of {self.number}"


async def latencies(bootstrap: str, counties: Iterable[str]) -> list[tuple[datetime, float]]:
    """Return when each recorded claim of `counties` was appended, and the seconds until its answer was published."""
    found: list[tuple[datetime, float]] = []
    for county in counties:
        topic = claims_topic(county)
        appended: dict[UUID, datetime] = {}
        for record in await read_records(bootstrap, topic):
            try:
                identity = from_kafka(record.key, record.value, record.headers).identity(topic)
            except EnvelopeError:
                continue
            appended.setdefault(identity, record.timestamp)
        answered: dict[UUID, datetime] = {}
        waited: set[UUID] = set()
        for record in await read_records(bootstrap, feedback_topic(county)):
            said = decode(from_kafka(record.key, record.value, record.headers))
            if isinstance(said, ClaimEvent) and said.receipt_id is not None:
                identity = UUID(said.receipt_id)
                answered.setdefault(identity, record.timestamp)
                if not isinstance(said, ClaimRecorded):
                    waited.add(identity)
        found += [
            (at, (answered[identity] - at).total_seconds())
            for identity, at in appended.items()
            if identity in answered and identity not in waited
        ]
    return found


def by_phase(measured: Sequence[tuple[datetime, float]], phases: Sequence[Phase]) -> Mapping[str, Spread]:
    """Return the spread of each phase that has any."""
    spreads = {}
    for phase in phases:
        seconds = sorted(value for at, value in measured if phase.begin <= at < phase.end)
        if seconds:
            spreads[phase.name] = Spread(len(seconds), _quantile(seconds, 0.5), _quantile(seconds, 0.95))
    return spreads


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of them do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
