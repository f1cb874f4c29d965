"""Supervision events from Kafka: each asks for at most one letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from duban_contracts.events.supervision import SupervisionEvent
from duban_contracts.topics import TopicFamily
from services.chassis.consuming.batches import Ordering
from services.chassis.consuming.consumer import Consumer
from services.chassis.consuming.deliveries import Delivery
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Connection, Database
from services.notifications.application.issue import Asked, LetterDesk, issue_letters
from services.notifications.domain.letters import cause_of

CONSUMER: Final = "notifications.supervision"


def supervision_consumer(*, bootstrap: str, database: Database, clock: Clock, desk: LetterDesk) -> Consumer:
    """Return the consumer of `scheduler.supervision.v1`."""

    async def apply(connection: Connection, deliveries: Sequence[Delivery]) -> None:
        asked = [
            Asked(cause, delivery.event, delivery.data)
            for delivery in deliveries
            if isinstance(delivery.data, SupervisionEvent) and (cause := cause_of(delivery.data))
        ]
        await issue_letters(connection, asked, desk=desk)

    return Consumer(
        name=CONSUMER,
        topics=[f"{desk.topic_prefix}{TopicFamily.SUPERVISION}"],
        bootstrap=bootstrap,
        database=database,
        clock=clock,
        apply=apply,
        ordering=Ordering.INBOX,
        topic_prefix=desk.topic_prefix,
    )
