"""How far each consumer's group has read the topics that it is declared to read."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from duban_contracts.topics import Consumer
from services.chassis.consuming import codecs
from services.chassis.process.kafka import Broker, options

_LOOK_SECONDS: Final = 5.0
_AT_ONCE_MS: Final = 500
_COORDINATOR_SECONDS: Final = 30.0
_AGAIN_SECONDS: Final = 0.5

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """A partition as one group has read it: `committed` is None before its first commit. `behind` counts offsets.

    `waiting_since` is when the broker took the oldest record that was not read, None when that can't be told.
    """

    topic: str
    partition: int
    committed: int | None
    end: int
    behind: int
    waiting_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one consumer has to read. `members` are who is in its group just now."""

    consumer: str
    members: int
    places: tuple[Place, ...]

    @property
    def behind(self) -> int:
        """How many offsets it is behind in all."""
        return sum(place.behind for place in self.places)

    @property
    def waiting_since(self) -> datetime | None:
        """When the oldest record that it has not read was taken by the broker."""
        return min((place.waiting_since for place in self.places if place.waiting_since), default=None)


async def look(
    cluster: Broker,
    prefix: str,
    consumers: Iterable[Consumer],
    *,
    only: Collection[str] | None = None,
    ages: bool = True,
) -> list[Reading]:
    """Return how far `consumers` are, in all topics or `only` in some; without `ages` no record is looked at.

    Raises KafkaError.
    """
    codecs.install()
    admin = AIOKafkaAdminClient(**options(cluster))
    reader = AIOKafkaConsumer(**options(cluster), isolation_level="read_committed", enable_auto_commit=False)
    await admin.start()
    await reader.start()
    try:
        topics = {
            each["topic"]: [TopicPartition(each["topic"], p["partition"]) for p in each["partitions"]]
            for each in await admin.describe_topics()
            if only is None or each["topic"] in only
        }
        found = []
        for consumer in consumers:
            there = [place for topic in read_by(consumer, topics, prefix) for place in topics[topic]]
            group = f"{prefix}{consumer.group}"
            committed = await _committed(admin, group)
            known = {each: at for each, at in committed.items() if only is None or each.topic in only}
            places = await _places(reader, known, there)
            if ages:
                places = await _with_ages(reader, places)
            found.append(Reading(consumer.name, await _members(admin, group), tuple(places)))
        return found
    finally:
        await admin.close()
        await reader.stop()


def read_by(consumer: Consumer, topics: Iterable[str], prefix: str) -> list[str]:
    """Return those of `topics` that a consumer is declared to read, in their order by name."""
    patterns = [re.escape(f"{prefix}{family}").replace("<code>", "[0-9]{6}") for family in consumer.reads]
    return sorted(topic for topic in topics if any(re.fullmatch(pattern, topic) for pattern in patterns))


async def _committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    found = await _patiently(lambda: admin.list_consumer_group_offsets(group))
    return {partition: each.offset for partition, each in found.items() if each.offset >= 0}


async def _places(
    reader: AIOKafkaConsumer, committed: Mapping[TopicPartition, int], there: Sequence[TopicPartition]
) -> list[Place]:
    # A partition of which nothing was committed is behind by all that it holds.
    partitions = sorted({*there, *committed})
    ends: Mapping[TopicPartition, int] = await reader.end_offsets(partitions) if partitions else {}
    begins: Mapping[TopicPartition, int] = await reader.beginning_offsets(partitions) if partitions else {}
    places = []
    for each in partitions:
        read = committed.get(each)
        behind = max(0, ends[each] - max(begins[each], read or 0))
        places.append(Place(each.topic, each.partition, read, ends[each], behind))
    return places


async def _members(admin: AIOKafkaAdminClient, group: str) -> int:
    (answer,) = await _patiently(lambda: admin.describe_consumer_groups([group]))
    return sum(len(described[5]) for described in answer.groups)


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Call until it succeeds: a broker that was just begun has no coordinator of groups yet. Raises KafkaError in the end."""
    until = time.monotonic() + _COORDINATOR_SECONDS
    while True:
        try:
            return await call()
        except KafkaError as error:
            if not error.retriable or time.monotonic() >= until:
                raise
            await asyncio.sleep(_AGAIN_SECONDS)


async def _with_ages(reader: AIOKafkaConsumer, places: Sequence[Place]) -> list[Place]:
    """Look at the first record behind each place. One behind which nothing but transactions' marks stands is not behind."""
    looked = {TopicPartition(place.topic, place.partition): place for place in places if place.behind}
    if not looked:
        return list(places)
    reader.assign(list(looked))
    for partition, place in looked.items():
        reader.seek(partition, max(place.end - place.behind, 0))
    since: dict[TopicPartition, datetime] = {}
    through: set[TopicPartition] = set()
    until = time.monotonic() + _LOOK_SECONDS
    try:
        while (waiting := looked.keys() - since.keys() - through) and time.monotonic() < until:
            for partition, records in (await reader.getmany(*waiting, timeout_ms=_AT_ONCE_MS)).items():
                since[partition] = datetime.fromtimestamp(records[0].timestamp / 1000, UTC)
                reader.pause(partition)
            for partition in waiting - since.keys():
                if await reader.position(partition) >= looked[partition].end:
                    through.add(partition)
    except (TimeoutError, KafkaError):
        pass  # Whoever may not read records is told how many there are, and not how old.
    return [_aged(place, since, through) for place in places]


def _aged(place: Place, since: Mapping[TopicPartition, datetime], through: set[TopicPartition]) -> Place:
    partition = TopicPartition(place.topic, place.partition)
    behind = 0 if partition in through else place.behind
    return Place(place.topic, place.partition, place.committed, place.end, behind, since.get(partition))
