"""Topics are declared as code (duban_contracts.topics), compared with a cluster and applied there, as often as one likes.

How many copies a record has is the installation's decision and is declared, too: it is never taken from the number of
brokers that happen to answer at that minute.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from duban_contracts.topics import Topic
from services.chassis.process.kafka import Broker
from services.chassis.publishing.administrator import administrator
from services.chassis.publishing.topic_requests import ChangeSettings

_AT_ONCE: Final = 200
# A broker answers from its own copy of the cluster's metadata, which follows the controller's by a moment: on a busy
# machine a topic that was just made was missing there for some hundred milliseconds, and for half a minute beside a load of 40.
_SETTLES_SECONDS: Final = 120.0
_LOOKS_EVERY_SECONDS: Final = 0.1


class TopicMismatch(RuntimeError):
    """A topic exists with another number of partitions; changing it would break the order of keys."""


class TooFewBrokers(RuntimeError):
    """Fewer brokers answer than each record shall have copies; a topic made now would keep fewer for ever."""


@dataclass(frozen=True, slots=True)
class TopicDescription:
    """A topic as a cluster has it: partitions, the copies of the partition that has fewest, and its settings."""

    partitions: int
    replication: int
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Differences:
    """What separates a cluster from what is declared.

    `missing` and `settings` are made good by `apply`. `partitions` and `replication` (found, declared) are not: the one
    would break the order of keys, the other moves data between brokers, at an hour that operations choose.
    """

    missing: tuple[Topic, ...] = ()
    settings: Mapping[str, Mapping[str, tuple[str | None, str]]] = field(default_factory=dict)
    partitions: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    replication: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.missing or self.settings or self.partitions or self.replication)

    def lines(self) -> list[str]:
        """Return each difference on a line: + what is missing, ~ what is set otherwise, ! what a person has to mend."""
        return [
            *(f"+ {topic.name}: {topic.partitions} partitions" for topic in self.missing),
            *(
                f"~ {name}: {setting} {'unset' if found is None else found}, declared {declared}"
                for name, values in self.settings.items()
                for setting, (found, declared) in values.items()
            ),
            *(
                f"! {name}: {found} partitions, declared {declared}"
                for name, (found, declared) in self.partitions.items()
            ),
            *(f"! {name}: {found} copies, declared {declared}" for name, (found, declared) in self.replication.items()),
        ]


def settings_of(topic: Topic, replication: int) -> dict[str, str]:
    """Return the settings that a declared topic has with so many copies of each record."""
    # An acknowledged event stands on all copies but one: on two of three.
    kept = {"retention.ms": str(topic.retention_ms), "min.insync.replicas": str(max(1, replication - 1))}
    return {**kept, **topic.config}


def compare(found: Mapping[str, TopicDescription], topics: Sequence[Topic], replication: int) -> Differences:
    """Return what has to change for a cluster with the topics `found` to hold these; others are nobody's business."""
    there = {topic.name: (topic, found[topic.name]) for topic in topics if topic.name in found}
    settings = {
        name: {
            setting: (standing.settings.get(setting), value)
            for setting, value in settings_of(topic, replication).items()
            if standing.settings.get(setting) != value
        }
        for name, (topic, standing) in there.items()
    }
    return Differences(
        tuple(topic for topic in topics if topic.name not in found),
        {name: values for name, values in settings.items() if values},
        {
            name: (standing.partitions, topic.partitions)
            for name, (topic, standing) in there.items()
            if standing.partitions != topic.partitions
        },
        {
            name: (standing.replication, replication)
            for name, (_, standing) in there.items()
            if standing.replication < replication
        },
    )


async def differences(bootstrap: Broker | str, topics: Sequence[Topic], replication: int) -> Differences:
    """Return what separates the cluster from the declaration; raises KafkaError."""
    async with administrator(bootstrap) as admin:
        return compare(await _found(admin, topics), topics, replication)


async def apply(bootstrap: Broker | str, topics: Sequence[Topic], replication: int = 1) -> Differences:
    """Create missing topics and set the declared settings, whatever else is set stays; return what was different.

    Raises TopicMismatch when an existing topic has other partitions than declared, TooFewBrokers when a topic is
    missing and the brokers that answer can't hold `replication` copies; nothing is changed then. Raises KafkaError,
    also when the broker does not show within two minutes what was made.
    """
    async with administrator(bootstrap) as admin:
        changes = compare(await _found(admin, topics), topics, replication)
        _insist_on_partitions(changes)
        if changes.missing:
            brokers = len((await admin.describe_cluster())["brokers"])
            if brokers < replication:
                raise TooFewBrokers(f"{brokers} brokers answer, and each record shall have {replication} copies")
            await _create(admin, changes.missing, replication)
        await _change(admin, changes.settings)
        if changes.missing or changes.settings:
            # Somebody else, or this very process a moment ago, may have made the topic with other partitions.
            _insist_on_partitions(await _shown(admin, topics, replication))
        return changes


def _insist_on_partitions(changes: Differences) -> None:
    for name, (found, declared) in changes.partitions.items():
        raise TopicMismatch(f"{name} has {found} partitions, declared are {declared}")


async def _shown(admin: AIOKafkaAdminClient, topics: Sequence[Topic], replication: int) -> Differences:
    """Return what still differs once the broker shows what was made: nothing that `apply` could make good."""
    until = time.monotonic() + _SETTLES_SECONDS
    while (left := compare(await _found(admin, topics), topics, replication)).missing or left.settings:
        if time.monotonic() > until:
            raise KafkaTimeoutError("made, and not shown by the broker: " + "; ".join(left.lines()))
        await asyncio.sleep(_LOOKS_EVERY_SECONDS)
    return left


async def _found(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> dict[str, TopicDescription]:
    """Return what stands of `topics`. Each question goes to any broker: what one lists, another may not know yet, and counts as missing."""
    existing = set(await admin.list_topics())
    names = [topic.name for topic in topics if topic.name in existing]
    found: dict[str, TopicDescription] = {}
    for begin in range(0, len(names), _AT_ONCE):
        some = names[begin : begin + _AT_ONCE]
        settings = await _settings(admin, some)
        for described in await admin.describe_topics(some):
            name, partitions = described["topic"], described["partitions"]
            if name not in settings or not partitions:
                continue
            copies = min((len(each["replicas"]) for each in partitions), default=0)
            found[name] = TopicDescription(len(partitions), copies, settings[name])
    return found


async def _settings(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(asked):
        for code, message, _, name, entries in response.resources:
            if code == UnknownTopicOrPartitionError.errno:
                continue
            _insist(code, message or name)
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic], replication: int) -> None:
    new = [
        NewTopic(
            name=topic.name,
            num_partitions=topic.partitions,
            replication_factor=replication,
            topic_configs=settings_of(topic, replication),
        )
        for topic in topics
    ]
    response = await admin.create_topics(new, timeout_ms=30_000)
    for name, code, *_ in response.topic_errors:
        if code != TopicAlreadyExistsError.errno:
            _insist(code, name)


async def _change(admin: AIOKafkaAdminClient, settings: Mapping[str, Mapping[str, tuple[str | None, str]]]) -> None:
    if not settings:
        return
    wanted = {topic: {name: value for name, (_, value) in values.items()} for topic, values in settings.items()}
    response: Any = await admin._send_request(ChangeSettings(wanted))  # noqa: SLF001 - the library's own replaces all of a topic's settings
    for code, message, _, name in response.responses:
        _insist(code, message or name)


def _insist(code: int, words: str) -> None:
    if code:
        error: type[KafkaError] = for_code(code)
        raise error(words)
