"""How far is known what counties say about tasks on their own topics: a filing on its way is never overtaken (promise P3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from duban_contracts.topics import COUNTY_PARTITIONS, claims_topic, consumer
from services.chassis.assembly import Platform
from services.chassis.consuming import dead_letters
from services.chassis.consuming.progress import Reading, how_far
from services.chassis.process.clock import Clock, SystemClock
from services.chassis.storage.database import Connection

CONSUMER: Final = consumer("scheduler.claims").name
# Nothing else is on its way: whoever submits over HTTP holds the task until that is committed.
_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """The counties' topics (by county), as far as `scheduler.claims` has read them."""

    clock: Clock = field(default_factory=SystemClock)
    topics: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def on(cls, platform: Platform[Any]) -> Hearing:
        """Return the hearing of this platform's counties."""
        prefix = platform.settings.topic_prefix
        topics = {county.code: claims_topic(county.code, prefix) for county in platform.city.counties}
        return cls(clock=platform.clock, topics=topics)

    async def so_far(self, connection: Connection) -> Reading | None:
        """Return until when (domain time) everything that each county said is taken in; None while nothing is known.

        What was said and could not be taken in, because of a fault of ours, is missing until somebody has decided about
        it: of that county nothing is known from there on.
        """
        if not self.topics:
            return Reading(_ALWAYS, {})
        reading = await how_far(connection, CONSUMER, self.topics, partitions=COUNTY_PARTITIONS, clock=self.clock)
        if reading is None:
            return None
        held = await dead_letters.held_since(connection, CONSUMER)
        missing = {county: self.clock.at(held[topic]) for county, topic in self.topics.items() if topic in held}
        earlier = {county: at for county, at in missing.items() if at < reading.of(county)}
        return Reading(reading.applied_through, {**reading.behind, **earlier})


NOBODY: Final = Hearing()
