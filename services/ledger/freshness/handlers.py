"""The ledger's heartbeat: publishes how far we have read, in the same order as the history.

The scheduler raises 督办逾期 only up to a heartbeat, so a 整改完成 on its way can't be overtaken (promise P3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from aiokafka import TopicPartition

from duban_contracts.events.heartbeat import LedgerHeartbeat
from duban_contracts.topics import PARTITIONS, TopicFamily, claims_topic
from services.chassis.assembly import Platform
from services.chassis.process.clock import Clock
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import outgoing
from services.chassis.storage.database import Connection
from services.ledger.freshness import tables
from services.ledger.freshness.tables import Progress
from services.ledger.history.model import SOURCE
from services.ledger.history.tables import locks

# The broker stamps a record before a reader can see it, and its clock is not ours: what it stamped up to a second
# before the end was seen may still have been on its way then. Wall time, whatever the pace of domain time.
MARGIN: Final = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """What a heartbeat needs: the time, the counties' topics, and where to say it."""

    clock: Clock
    topics: Sequence[str]
    hazard_topic: str

    @classmethod
    def on(cls, platform: Platform[Any]) -> Self:
        """Return the freshness of this platform's counties."""
        prefix = platform.settings.topic_prefix
        return cls(
            clock=platform.clock,
            topics=[claims_topic(county.code, prefix) for county in platform.city.counties],
            hazard_topic=platform.topic(TopicFamily.HAZARD),
        )


async def note_progress(connection: Connection, applied_through: Mapping[TopicPartition, datetime]) -> None:
    """Remember in the batch's transaction up to which broker time each county partition is applied."""
    await tables.note(connection, [Progress(tp.topic, tp.partition, at) for tp, at in applied_through.items()])


async def beat(connection: Connection, *, freshness: Freshness) -> datetime | None:
    """Send one heartbeat to every partition; return its instant (domain time), or None if nothing is new.

    The progress is read and the rows are written while no command is in flight. So whatever a command or a
    claim recorded before `applied_through` stands ahead of the heartbeat in the outbox.
    """
    await locks.wait_for_commands(connection)
    least = await tables.least(connection, freshness.topics, PARTITIONS)
    if least is None:
        return None
    clock = freshness.clock
    applied_through = clock.at(min(least, clock.wall()) - MARGIN)
    if not await tables.raise_heartbeat(connection, applied_through):
        return None
    event = new_event(
        LedgerHeartbeat(applied_through=applied_through),
        source=SOURCE,
        subject="heartbeat",
        key="heartbeat",
        time=clock.now(),
    )
    messages = [outgoing(freshness.hazard_topic, event, partition) for partition in range(PARTITIONS)]
    await outbox.append(connection, messages)
    return applied_through
