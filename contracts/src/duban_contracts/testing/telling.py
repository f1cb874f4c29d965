"""What makes a story: facts, the events that made them, and how the ledger would publish these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode, type_of
from duban_contracts.events.hazards import HazardEvent
from duban_contracts.events.types import Actor, HazardFacts

REGULATOR: Final = Actor(account="regulator-140502-1", role="county_regulator")


@dataclass(frozen=True, slots=True)
class Telling:
    """One hazard's history so far: its facts and the events that made them. `by` is who does what is told next."""

    facts: HazardFacts
    events: tuple[HazardEvent, ...] = ()
    by: Actor = REGULATOR

    @property
    def version(self) -> int:
        """The version of the last event, 0 before the first."""
        return len(self.events)

    @property
    def last(self) -> HazardEvent:
        """The last event; raises IndexError when nothing is told yet."""
        return self.events[-1]

    def versions(self, first: int = 1) -> list[tuple[int, HazardEvent]]:
        """Return the events with their versions, from version `first`."""
        return list(enumerate(self.events, start=1))[first - 1 :]

    def acting(self, by: Actor) -> Self:
        """Return the story with `by` as the one who does what is told next."""
        return type(self)(self.facts, self.events, by)

    def happened(
        self, model: type[HazardEvent], at: datetime, facts: dict[str, Any] | None = None, **fields: Any
    ) -> Self:
        """Return the story with one more event at `at` (UTC), after which `facts` hold; for what has no word here."""
        after = msgspec.structs.replace(self.facts, **facts or {})
        event = model(hazard=after, actor=self.by, occurred_at=at, **fields)
        return type(self)(after, (*self.events, event), self.by)

    def records(self, first: int = 1) -> list[CloudEvent]:
        """Return the story as the ledger publishes it, from version `first`; ids are made of hazard and version."""
        return [self._record(version, event) for version, event in self.versions(first)]

    def _record(self, version: int, event: HazardEvent) -> CloudEvent:
        hazard_id = event.hazard.hazard_id
        return CloudEvent(
            id=f"{hazard_id}-{version}",
            source="/duban/ledger",
            type=type_of(type(event)).name,
            data=encode(event),
            time=event.occurred_at,
            subject=hazard_id,
            partitionkey=hazard_id,
            aggregateversion=version,
            correlationid=f"claim-{hazard_id}",
        )
