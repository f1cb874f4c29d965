"""Topics are declared as code (duban_contracts.topics) and applied here, as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from duban_contracts.topics import Topic
from services.chassis.process import kafka
from services.chassis.process.kafka import Broker


class TopicMismatch(RuntimeError):
    """A topic exists with another number of partitions; changing it would break the order of keys."""


async def apply(bootstrap: Broker | str, topics: Sequence[Topic], replication: int = 1) -> list[str]:
    """Create missing topics and set the declared retention and settings; return the names created.

    Raises TopicMismatch when an existing topic has other partitions than declared.
    """
    admin = AIOKafkaAdminClient(**kafka.options(bootstrap))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        if missing:
            await _create(admin, missing, replication)
        await _check_partitions(admin, [topic for topic in topics if topic.name in existing])
        await admin.alter_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=_config(topic, replication))
                for topic in topics
                if topic.name in existing
            ]
        )
    finally:
        await admin.close()
    return [topic.name for topic in missing]


def _config(topic: Topic, replication: int) -> dict[str, str]:
    config = {"retention.ms": str(topic.retention_ms), **topic.config}
    if replication >= 3:  # noqa: PLR2004 - an acknowledged event stands on two of three
        config["min.insync.replicas"] = "2"
    return config


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic], replication: int) -> None:
    response = await admin.create_topics(
        [
            NewTopic(
                name=topic.name,
                num_partitions=topic.partitions,
                replication_factor=replication,
                topic_configs=_config(topic, replication),
            )
            for topic in topics
        ],
        timeout_ms=30_000,
    )
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(name)


async def _check_partitions(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    if not topics:
        return
    declared = {topic.name: topic.partitions for topic in topics}
    for description in await admin.describe_topics(list(declared)):
        found = len(description["partitions"])
        if found != declared[description["topic"]]:
            raise TopicMismatch(
                f"{description['topic']} has {found} partitions, declared are {declared[description['topic']]}"
            )
