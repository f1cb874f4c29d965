"""The feedback topics of all counties, read into the receipts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from duban_contracts.topics import feedback_topic
from services.chassis.consuming.batches import Ordering
from services.chassis.consuming.consumer import Consumer
from services.chassis.process.clock import Clock
from services.chassis.storage.database import Database
from services.gateway.adapters import receipt_table
from services.gateway.application.record_answers import record_answers

NAME: Final = "gateway.feedback"


def feedback_consumer(
    *, bootstrap: str, database: Database, clock: Clock, counties: Sequence[str], topic_prefix: str
) -> Consumer:
    """Return the consumer that keeps the receipts up to date."""
    return Consumer(
        name=NAME,
        topics=[feedback_topic(county, topic_prefix) for county in counties],
        bootstrap=bootstrap,
        database=database,
        clock=clock,
        apply=partial(record_answers, record=receipt_table.record),
        ordering=Ordering.INBOX,
        topic_prefix=topic_prefix,
    )
