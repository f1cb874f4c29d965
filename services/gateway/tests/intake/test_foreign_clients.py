"""Clients and readers that share no code with the platform: the CloudEvents SDK and librdkafka."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, TopicPartition

from duban_contracts.topics import claims_topic
from services.gateway.tests.world import World, report


def sdk_event() -> CloudEvent:
    event = report()
    attributes = {name: value for name, value in event.items() if name not in {"data", "time"}}
    attributes |= {
        "time": datetime(2026, 11, 21, 0, 30, tzinfo=UTC),
        "datacontenttype": "application/json",
        "vendorextension": "kept out, but no error",
    }
    return CloudEvent(attributes, event["data"])


def consumed(world: World, event_id: str) -> Any:
    """Read the home county's topic with librdkafka and return the message of this event."""
    consumer = Consumer({"bootstrap.servers": world.settings.kafka_bootstrap, "group.id": "foreign"})
    topic = claims_topic("140502", world.settings.topic_prefix)
    try:
        partitions = consumer.list_topics(topic, timeout=60).topics[topic].partitions
        for partition in partitions:
            _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=60)
            consumer.assign([TopicPartition(topic, partition, 0)])
            for message in consumer.consume(end, timeout=60) if end else []:
                if ("ce_id", event_id.encode()) in (message.headers() or []):
                    return message
    finally:
        consumer.close()
    raise AssertionError(f"{event_id} is not on {topic}")


async def test_the_sdks_structured_request_is_accepted(world: World) -> None:
    event = sdk_event()
    message = to_structured_event(event)
    answer = await world.client.post("/v1/events", content=message.body, headers={**message.headers, **world.auth()})
    assert answer.status_code == 202, answer.text


async def test_the_sdks_binary_request_is_accepted(world: World) -> None:
    event = sdk_event()
    message = to_binary_event(event)
    answer = await world.client.post("/v1/events", content=message.body, headers={**message.headers, **world.auth()})
    assert answer.status_code == 202, answer.text
    (sent,) = [known for known in await world.events() if known.id == event.get_id()]
    assert sent.time == event.get_time()


async def test_a_foreign_consumer_reads_the_record_as_a_binary_mode_cloudevent(world: World) -> None:
    document = report()
    assert (await world.post(document)).status_code == 202
    message = consumed(world, document["id"])
    headers = dict(message.headers())
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_type"] == b"duban.hazard.reported.v1"
    assert headers["ce_source"] == document["source"].encode()
    assert headers["ce_time"] == b"2026-11-21T00:30:00Z"
    assert headers["content-type"] == b"application/json"
    assert message.key() == document["data"]["reference"].encode()
    assert json.loads(message.value()) == document["data"]
    read = from_binary_event(KafkaMessage(headers=headers, key=message.key(), value=message.value()))
    assert read.get_id() == document["id"]
    assert read.get_data() == document["data"]
