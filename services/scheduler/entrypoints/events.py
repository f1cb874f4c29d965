"""Events in: the ledger's hazard events and heartbeats."""

from __future__ import annotations

from typing import Final

from duban_contracts.topics import TopicFamily
from services.chassis.consuming.batches import Ordering
from services.chassis.consuming.consumer import Consumer
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.scheduler.application.keep_clocks import ClockKeeper
from services.scheduler.domain.policy import Policy

CONSUMER: Final = "scheduler.hazards"


def hazards_consumer(
    *, bootstrap: str, database: Database, clock: Clock, policy: Policy, topic_prefix: str
) -> Consumer:
    """Return the consumer that keeps the clocks."""
    return Consumer(
        name=CONSUMER,
        topics=[f"{topic_prefix}{TopicFamily.HAZARD}"],
        bootstrap=bootstrap,
        database=database,
        clock=clock,
        apply=ClockKeeper(policy).apply,
        ordering=Ordering.VERSION,
        topic_prefix=topic_prefix,
    )
