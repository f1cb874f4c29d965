"""The ledger's heartbeat: publishes how far we have read, in the same order as the history.

The scheduler raises 督办逾期 only up to a heartbeat, so a 整改完成 on its way can't be overtaken (promise P3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.topics import COUNTY_PARTITIONS, PARTITIONS, TopicFamily, claims_topic, consumer
from services.chassis.assembly import Platform
from services.chassis.consuming.ahead import bring_back
from services.chassis.consuming.host_clock import HostClock
from services.chassis.consuming.progress import NOTHING_KNOWN, how_far
from services.chassis.process.clock import Clock
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import outgoing
from services.chassis.storage.database import Connection
from services.ledger.freshness import tables
from services.ledger.history.model import SOURCE
from services.ledger.history.tables import locks

CONSUMER: Final = consumer("ledger.claims").name


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """What a heartbeat needs: the time and whether it is to be believed, the topic of each county (by code), and where to say it."""

    clock: Clock
    topics: Mapping[str, str]
    hazard_topic: str
    host_clock: HostClock = field(default_factory=HostClock)

    @classmethod
    def on(cls, platform: Platform[Any]) -> Self:
        """Return the freshness of this platform's counties."""
        prefix = platform.settings.topic_prefix
        return cls(
            clock=platform.clock,
            topics={county.code: claims_topic(county.code, prefix) for county in platform.city.counties},
            hazard_topic=platform.topic(TopicFamily.HAZARD),
        )


async def beat(connection: Connection, *, freshness: Freshness) -> datetime | None:
    """Send one heartbeat to every partition; return its instant (domain time), or None if none that says more was sent.

    While this host's clock is not believed (`HostClock`) one goes out that says nothing of any county, and the fence, which never
    goes back, stays where it is.
    The progress is read and the rows are written while no command is in flight. So whatever a command or a
    claim recorded before `applied_through` stands ahead of the heartbeat in the outbox.
    """
    await locks.wait_for_commands(connection)
    previous = await tables.last_heartbeat(connection)
    if previous is not None:
        wall = freshness.clock.wall()
        await bring_back(connection, CONSUMER, wall=wall, to=min(freshness.clock.wall_at(previous), wall))
    reading = await how_far(
        connection,
        CONSUMER,
        freshness.topics,
        partitions=COUNTY_PARTITIONS,
        clock=freshness.clock,
        previous=previous,
    )
    # Behind the reading: a clock that was set before it was read is seen.
    if not freshness.host_clock.is_believed(await tables.broker_clock(connection)) and previous is not None:
        # That it goes out measures the clocks again.
        await _send(connection, freshness, previous, dict.fromkeys(freshness.topics, NOTHING_KNOWN))
        return None
    if reading is None or not await tables.raise_heartbeat(connection, reading.applied_through):
        return None
    await _send(connection, freshness, reading.applied_through, reading.behind)
    return reading.applied_through


async def _send(
    connection: Connection, freshness: Freshness, applied_through: datetime, behind: dict[str, datetime]
) -> None:
    event = new_event(
        LedgerHeartbeat(applied_through=applied_through, behind=behind),
        source=SOURCE,
        subject="heartbeat",
        key="heartbeat",
        time=freshness.clock.now(),
    )
    messages = [outgoing(freshness.hazard_topic, event, partition) for partition in range(PARTITIONS)]
    await outbox.append(connection, messages)
