"""Declared topics on a real broker: made once, mended without touching what operations set, refused where copies lack."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from duban_contracts.topics import KEEP_FOREVER, Topic
from services.chassis.publishing import topics
from services.chassis.publishing.administrator import administrator
from services.chassis.publishing.topic_requests import ChangeSettings
from services.chassis.publishing.topics import TooFewBrokers, TopicMismatch
from services.chassis.testing.kafka import eventually


async def set_by_hand(bootstrap: str, topic: str, **settings: str) -> None:
    """Set what operations would, and wait until the broker shows it: its metadata follow the controller's by a moment."""
    wanted = {name.replace("_", "."): value for name, value in settings.items()}
    async with administrator(bootstrap) as client:
        await client._send_request(ChangeSettings({topic: wanted}))

        async def shown() -> None:
            assert wanted.items() <= (await topics._settings(client, [topic]))[topic].items()

        await eventually(shown)


async def test_topics_are_made_once_and_mended_without_touching_what_operations_set(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    declared = [Topic(f"{topic_prefix}a", KEEP_FOREVER, 2), Topic(f"{topic_prefix}b", 60_000, 1)]
    assert [topic.name for topic in (await topics.apply(kafka_bootstrap, declared)).missing] == [
        f"{topic_prefix}a",
        f"{topic_prefix}b",
    ]
    assert not await topics.apply(kafka_bootstrap, declared)
    await set_by_hand(kafka_bootstrap, f"{topic_prefix}a", retention_ms="5", segment_bytes="2097152")
    changes = await topics.apply(kafka_bootstrap, declared)
    assert changes.lines() == [f"~ {topic_prefix}a: retention.ms 5, declared -1"]
    assert not await topics.differences(kafka_bootstrap, declared, 1)
    async with administrator(kafka_bootstrap) as client:
        assert (await topics._settings(client, [f"{topic_prefix}a"]))[f"{topic_prefix}a"]["segment.bytes"] == "2097152"


async def test_a_topic_that_another_broker_lists_and_this_one_does_not_know_yet_is_missing_and_no_failure(
    kafka_bootstrap: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, coming = Topic(f"{topic_prefix}known", KEEP_FOREVER, 2), Topic(f"{topic_prefix}coming", KEEP_FOREVER, 2)
    await topics.apply(kafka_bootstrap, [known])

    async def listed(_: AIOKafkaAdminClient) -> list[str]:
        return [known.name, coming.name]

    monkeypatch.setattr(AIOKafkaAdminClient, "list_topics", listed)
    async with administrator(kafka_bootstrap) as client:
        assert (await topics._found(client, [known, coming])).keys() == {known.name}
    assert [topic.name for topic in (await topics.apply(kafka_bootstrap, [known, coming])).missing] == [coming.name]


async def test_a_topic_is_not_made_with_fewer_copies_than_declared(kafka_bootstrap: str, topic_prefix: str) -> None:
    standing, new = Topic(f"{topic_prefix}standing", KEEP_FOREVER, 1), Topic(f"{topic_prefix}new", KEEP_FOREVER, 1)
    await topics.apply(kafka_bootstrap, [standing])
    with pytest.raises(TooFewBrokers, match="1 brokers answer"):
        await topics.apply(kafka_bootstrap, [standing, new], 3)
    lines = (await topics.differences(kafka_bootstrap, [standing, new], 3)).lines()
    assert f"+ {new.name}: 1 partitions" in lines
    assert f"! {standing.name}: 1 copies, declared 3" in lines


async def test_partitions_are_never_added(kafka_bootstrap: str, topic_prefix: str) -> None:
    topic = Topic(f"{topic_prefix}c", KEEP_FOREVER, 1)
    await topics.apply(kafka_bootstrap, [topic])
    with pytest.raises(TopicMismatch, match="has 1 partitions, declared are 2"):
        await topics.apply(kafka_bootstrap, [Topic(topic.name, KEEP_FOREVER, 2)])


async def test_of_two_who_make_a_topic_at_once_the_one_with_other_partitions_hears_of_it(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    declared = [Topic(f"{topic_prefix}d", KEEP_FOREVER, partitions) for partitions in (1, 2)]
    ended = await asyncio.gather(
        *(topics.apply(kafka_bootstrap, [topic]) for topic in declared), return_exceptions=True
    )
    assert sum(isinstance(each, TopicMismatch) for each in ended) == 1, ended
