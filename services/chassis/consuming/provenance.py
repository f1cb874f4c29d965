"""Where counties' events came from, for the trail: their topic says who wrote it, its offsets say which records (SY66).

What an event came to stands in the history, which names the event as its cause. So one row for each batch and partition
holds the ids that were taken in, and nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from duban_contracts.kafka_users import county_user
from duban_contracts.topics import county_of
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.trail import Outcome, TrailRow
from services.chassis.telemetry.acts import plain

ACTION = "events.take-in"


def rows_of(consumer: str, deliveries: Sequence[Delivery]) -> list[TrailRow]:
    """Return the rows of what a consumer takes in now: one for each partition of a county's topic, and none of our own."""
    return list(_rows(consumer, sorted(deliveries, key=lambda each: (each.topic, each.partition, each.offset))))


def _rows(consumer: str, deliveries: Sequence[Delivery]) -> Iterator[TrailRow]:
    for (topic, partition), some in groupby(deliveries, key=lambda each: (each.topic, each.partition)):
        county, taken = county_of(topic), list(some)
        if county is not None:
            yield TrailRow(
                at=taken[0].timestamp,
                action=ACTION,
                outcome=Outcome.DONE,
                account=county_user(county),
                source=f"{topic}/{partition}@{taken[0].offset}-{taken[-1].offset}",
                objects=[consumer],
                events=[plain(each.event.id) for each in taken],
                times=len(taken),
            )
