"""How many copies Kafka's partitions have just now: one question to one broker, however many topics there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from services.chassis.process.kafka import Broker, NobodyLetsUsIn, metadata
from services.chassis.telemetry import metrics

_NOBODY: Final = -1


async def note(broker: Broker) -> None:
    """Export how many partitions this client may see, and how many of them lack copies or a leader.

    What nobody answers is not known: the numbers are taken away, and `duban_dependency_up` says why.
    """
    try:
        answer = await metadata(broker, None)
    except NobodyLetsUsIn:
        metrics.KAFKA_PARTITIONS.clear()
        return
    # A partition: error, number, leader, replicas, those in sync, and from version 5 on more.
    partitions = [(each[2], len(each[3]), len(each[4])) for topic in answer.topics for each in topic[-1]]
    for state, number in count(partitions).items():
        metrics.KAFKA_PARTITIONS.labels(state).set(number)


def count(partitions: Iterable[tuple[int, int, int]]) -> Counter[str]:
    """Count partitions by state, each given as its leader (-1: none), replicas and replicas in sync."""
    counted = Counter(all=0, under_replicated=0, offline=0)
    for leader, replicas, in_sync in partitions:
        counted["all"] += 1
        counted["under_replicated"] += in_sync < replicas
        counted["offline"] += leader == _NOBODY
    return counted
